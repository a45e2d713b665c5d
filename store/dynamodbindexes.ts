import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb'
import { Terminal } from '../domain/errors.ts'
import type { Item, Page, Table } from '../domain/table.ts'
import { hiddenAttributes } from './definition.ts'
import type { DynamoDbTableOptions } from './dynamodbreads.ts'
import { translated } from './failures.ts'

/** The indexes hold keys only: what they find is read consistently, and left out where the index lagged behind. */
export function dynamoDbIndexes(
  { client, tableName: TableName }: DynamoDbTableOptions,
  getMany: Table['getMany'],
): Pick<Table, 'due' | 'ofKind'> {
  async function query(
    input: Omit<QueryCommandInput, 'TableName'>,
    cursor: string | undefined,
    wanted: (item: Item) => boolean,
  ): Promise<Page> {
    const command = new QueryCommand({ TableName, ...input, ...from(cursor) })
    const found = await translated(`querying the index ${input.IndexName}`, () => client.send(command))
    const keys = [...new Set((found.Items ?? []).map((entry) => String(entry['key'])))]
    const byKey = new Map((await getMany(keys)).map((item) => [item.key, item]))
    const items = keys.flatMap((key) => byKey.get(key) ?? []).filter(wanted)
    return found.LastEvaluatedKey === undefined ? { items } : { items, cursor: toCursor(found.LastEvaluatedKey) }
  }

  return {
    due: async (until, { limit, cursor }) => {
      const input = {
        IndexName: 'attention',
        KeyConditionExpression: '#attention = :one AND #attentionAt <= :until',
        ExpressionAttributeNames: { '#attention': hiddenAttributes.attention, '#attentionAt': 'attentionAt' },
        ExpressionAttributeValues: { ':one': '1', ':until': until },
        Limit: limit,
      }
      return query(input, cursor, ({ attentionAt }) => typeof attentionAt === 'number' && attentionAt <= until)
    },

    ofKind: async (kind, { limit, cursor }) => {
      const input = {
        IndexName: 'kind',
        KeyConditionExpression: '#kind = :kind',
        ExpressionAttributeNames: { '#kind': 'kind' },
        ExpressionAttributeValues: { ':kind': kind },
        Limit: limit,
      }
      return query(input, cursor, (item) => item['kind'] === kind)
    },
  }
}

function toCursor(key: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

function from(cursor: string | undefined): Pick<QueryCommandInput, 'ExclusiveStartKey'> {
  if (cursor === undefined) return {}
  try {
    return { ExclusiveStartKey: JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<string, unknown> }
  } catch (cause) {
    throw new Terminal('this cursor is not one of this table', { cause, fix: 'start again without a cursor' })
  }
}
