import type { Table } from '../domain/table.ts'
import { dynamoDbIndexes } from './dynamodbindexes.ts'
import { type DynamoDbTableOptions, dynamoDbReads } from './dynamodbreads.ts'
import { dynamoDbWrites } from './dynamodbwrites.ts'

/** The `Table` port over DynamoDB. Uses no transactions, no TTL and no values returned by failed conditions. */
export function dynamoDbTable(options: DynamoDbTableOptions): Table {
  const reads = dynamoDbReads(options)
  return { ...reads, ...dynamoDbWrites(options), ...dynamoDbIndexes(options, reads.getMany) }
}
