import { BatchGetCommand, GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Clock, Random } from '../domain/effects.ts'
import { RetryLater } from '../domain/errors.ts'
import type { Item, Table } from '../domain/table.ts'
import { checkKey } from './check.ts'
import { hiddenAttributes } from './definition.ts'
import { translated } from './failures.ts'

export interface DynamoDbTableOptions {
  readonly client: DynamoDBDocumentClient
  readonly tableName: string
  readonly clock: Clock
  readonly random: Random
}

/** BatchGetItem takes at most 100 keys. */
const batch = 100
const batchTries = 8
const firstPause = 50
const longestPause = 2000

export function dynamoDbReads(options: DynamoDbTableOptions): Pick<Table, 'get' | 'getMany'> {
  return {
    async get(key) {
      checkKey(key)
      const stored = await readStored(options, key)
      return stored && visible(stored)
    },

    async getMany(keys) {
      const distinct = [...new Set(keys)]
      for (const key of distinct) checkKey(key)
      const items: Item[] = []
      for (let start = 0; start < distinct.length; start += batch) {
        items.push(...(await readBatch(options, distinct.slice(start, start + batch))))
      }
      return items
    },
  }
}

export type StoredAttributes = Record<string, unknown>

/** With the attributes that the table keeps for itself. */
export async function readStored(
  { client, tableName: TableName }: DynamoDbTableOptions,
  key: string,
): Promise<StoredAttributes | undefined> {
  const input = { TableName, Key: { key }, ConsistentRead: true }
  return (await translated(`reading ${key}`, () => client.send(new GetCommand(input)))).Item
}

export function visible(stored: StoredAttributes): Item {
  const item = { ...stored }
  for (const name of Object.values(hiddenAttributes)) delete item[name]
  return item as Item
}

/** DynamoDB leaves keys unprocessed above 16 MB and when it throttles. */
async function readBatch(options: DynamoDbTableOptions, keys: readonly string[]): Promise<Item[]> {
  const { client, tableName, clock, random } = options
  const items: Item[] = []
  let left: StoredAttributes[] = keys.map((key) => ({ key }))
  for (let tries = 0; tries < batchTries; tries++) {
    if (tries > 0) await clock.sleep(random.fraction() * Math.min(longestPause, firstPause * 2 ** tries))
    const command = new BatchGetCommand({ RequestItems: { [tableName]: { Keys: left, ConsistentRead: true } } })
    const answer = await translated(`reading ${keys.length} items`, () => client.send(command))
    items.push(...(answer.Responses?.[tableName] ?? []).map(visible))
    left = answer.UnprocessedKeys?.[tableName]?.Keys ?? []
    if (left.length === 0) return items
  }
  throw new RetryLater(`DynamoDB left ${left.length} of ${keys.length} items unread, ${batchTries} times`)
}
