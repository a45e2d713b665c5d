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
): Pick<Table, 'due' | 'dueKeys' | 'ofKind'> {
  async function find(input: Omit<QueryCommandInput, 'TableName'>, cursor: string | undefined) {
    const command = new QueryCommand({ TableName, ...input, ...from(cursor) })
    const { Items = [], LastEvaluatedKey } = await translated(`querying the index ${input.IndexName}`, () =>
      client.send(command),
    )
    return { entries: Items, next: LastEvaluatedKey === undefined ? {} : { cursor: toCursor(LastEvaluatedKey) } }
  }

  async function query(
    input: Omit<QueryCommandInput, 'TableName'>,
    cursor: string | undefined,
    wanted: (item: Item) => boolean,
  ): Promise<Page> {
    const { entries, next } = await find(input, cursor)
    const keys = [...new Set(entries.map((entry) => String(entry['key'])))]
    const byKey = new Map((await getMany(keys)).map((item) => [item.key, item]))
    return { items: keys.flatMap((key) => byKey.get(key) ?? []).filter(wanted), ...next }
  }

  return {
    due: async (until, { limit, cursor, from: earliest }) => {
      const inRange = (at: unknown) => typeof at === 'number' && at <= until && at >= (earliest ?? at)
      return query(attention(until, limit, earliest), cursor, ({ attentionAt }) => inRange(attentionAt))
    },

    dueKeys: async (until, { limit, cursor, from: earliest }) => {
      const { entries, next } = await find(attention(until, limit, earliest), cursor)
      const keys = entries.map((entry) => ({ key: String(entry['key']), attentionAt: Number(entry['attentionAt']) }))
      return { keys, ...next }
    },

    ofKind: async (kind, { limit, cursor, prefix = '' }) => {
      // DynamoDB takes no empty text for a key.
      const narrowed = prefix === '' ? '' : ' AND begins_with(#key, :prefix)'
      const input = {
        IndexName: 'kind',
        KeyConditionExpression: `#kind = :kind${narrowed}`,
        ExpressionAttributeNames: { '#kind': 'kind', ...(prefix === '' ? {} : { '#key': 'key' }) },
        ExpressionAttributeValues: { ':kind': kind, ...(prefix === '' ? {} : { ':prefix': prefix }) },
        Limit: limit,
      }
      return query(input, cursor, (item) => item['kind'] === kind)
    },
  }
}

function attention(until: number, Limit: number, from?: number): Omit<QueryCommandInput, 'TableName'> {
  const range = from === undefined ? '<= :until' : 'BETWEEN :from AND :until'
  return {
    IndexName: 'attention',
    KeyConditionExpression: `#attention = :one AND #attentionAt ${range}`,
    ExpressionAttributeNames: { '#attention': hiddenAttributes.attention, '#attentionAt': 'attentionAt' },
    ExpressionAttributeValues: { ':one': '1', ':until': until, ...(from === undefined ? {} : { ':from': from }) },
    Limit,
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
