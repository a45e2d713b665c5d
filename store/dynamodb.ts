import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { Buffer } from 'node:buffer'
import type { Clock, Random } from '../domain/effects.ts'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import type { Condition, Item, Page, Table, Update } from '../domain/table.ts'
import { checkCondition, checkKey, checkedAttributes, checkedUpdate } from './check.ts'
import { hiddenAttributes } from './definition.ts'
import { conditionExpressions, updateExpressions } from './expressions.ts'
import { attemptsOf, translated } from './failures.ts'

/** BatchGetItem takes at most 100 keys. */
const batch = 100
const batchTries = 8
const firstPause = 50
const longestPause = 2000

export interface DynamoDbTableOptions {
  readonly client: DynamoDBDocumentClient
  readonly tableName: string
  readonly clock: Clock
  readonly random: Random
}

type Attributes = Record<string, unknown>

/** The `Table` port over DynamoDB. Uses no transactions, no TTL and no values returned by failed conditions. */
export function dynamoDbTable(options: DynamoDbTableOptions): Table {
  const { client, tableName: TableName } = options

  async function get(key: string): Promise<Item | undefined> {
    checkKey(key)
    const input = { TableName, Key: { key }, ConsistentRead: true }
    const { Item } = await translated(`reading ${key}`, () => client.send(new GetCommand(input)))
    return Item && visible(Item)
  }

  async function write(
    key: string,
    id: string,
    doing: string,
    send: () => Promise<Attributes | undefined>,
  ): Promise<Item> {
    try {
      return visible((await translated(doing, send)) ?? {})
    } catch (error) {
      const own = await ownWrite(options, key, id, error)
      if (own === undefined) throw error
      return own
    }
  }

  async function create(key: string, given: Parameters<Table['create']>[1]): Promise<Item> {
    checkKey(key)
    const attributes = checkedAttributes(key, given)
    const id = writeId(options.random)
    const sparse = attributes['attentionAt'] === undefined ? {} : { [hiddenAttributes.attention]: '1' }
    const Item: Attributes = { ...attributes, ...sparse, key, revision: 1, [hiddenAttributes.write]: id }
    const condition = conditionExpressions({ op: 'absent', path: ['key'] })
    return write(key, id, `creating ${key}`, async () => {
      await client.send(new PutCommand({ TableName, Item, ...condition }))
      return Item
    })
  }

  async function update(key: string, change: Update, condition?: Condition): Promise<Item> {
    checkKey(key)
    if (condition) checkCondition(key, condition)
    const id = writeId(options.random)
    const expressions = updateExpressions(checkedUpdate(key, change), condition, id)
    const input = { TableName, Key: { key }, ReturnValues: 'ALL_NEW' as const, ...expressions }
    return write(key, id, `changing ${key}`, async () => (await client.send(new UpdateCommand(input))).Attributes)
  }

  async function remove(key: string, condition?: Condition): Promise<void> {
    checkKey(key)
    if (condition) checkCondition(key, condition)
    const input = { TableName, Key: { key }, ...(condition ? conditionExpressions(condition) : {}) }
    await translated(`removing ${key}`, () => client.send(new DeleteCommand(input)))
  }

  const getMany = (keys: readonly string[]) => readMany(options, keys)

  async function query(
    input: Omit<QueryCommandInput, 'TableName'>,
    cursor: string | undefined,
    wanted: (item: Item) => boolean,
  ): Promise<Page> {
    const command = new QueryCommand({ TableName, ...input, ...from(cursor) })
    const found = await translated(`querying the index ${input.IndexName}`, () => client.send(command))
    const keys = (found.Items ?? []).map((entry) => String(entry['key']))
    const byKey = new Map((await getMany(keys)).map((item) => [item.key, item]))
    const items = [...new Set(keys)].flatMap((key) => byKey.get(key) ?? []).filter(wanted)
    return found.LastEvaluatedKey === undefined ? { items } : { items, cursor: toCursor(found.LastEvaluatedKey) }
  }

  return {
    get,
    getMany,
    create,
    update,
    remove,
    due: (until, { limit, cursor }) =>
      query(
        {
          IndexName: 'attention',
          KeyConditionExpression: '#attention = :one AND #attentionAt <= :until',
          ExpressionAttributeNames: { '#attention': hiddenAttributes.attention, '#attentionAt': 'attentionAt' },
          ExpressionAttributeValues: { ':one': '1', ':until': until },
          Limit: limit,
        },
        cursor,
        (item) => typeof item['attentionAt'] === 'number' && item['attentionAt'] <= until,
      ),
    ofKind: (kind, { limit, cursor }) =>
      query(
        {
          IndexName: 'kind',
          KeyConditionExpression: '#kind = :kind',
          ExpressionAttributeNames: { '#kind': 'kind' },
          ExpressionAttributeValues: { ':kind': kind },
          Limit: limit,
        },
        cursor,
        (item) => item['kind'] === kind,
      ),
  }
}

/**
 * The SDK sends a call again when its answer was lost. A conditional write that got through the first time then
 * finds its condition broken by itself: what it wrote last says whether it was this call.
 */
async function ownWrite(
  { client, tableName: TableName }: DynamoDbTableOptions,
  key: string,
  id: string,
  error: unknown,
): Promise<Item | undefined> {
  if (!(error instanceof Conflict) || attemptsOf(error) < 2) return undefined
  const input = { TableName, Key: { key }, ConsistentRead: true }
  const { Item } = await translated(`reading ${key}`, () => client.send(new GetCommand(input)))
  return Item?.[hiddenAttributes.write] === id ? visible(Item) : undefined
}

async function readMany(options: DynamoDbTableOptions, keys: readonly string[]): Promise<Item[]> {
  const distinct = [...new Set(keys)]
  for (const key of distinct) checkKey(key)
  const items: Item[] = []
  for (let start = 0; start < distinct.length; start += batch) {
    items.push(...(await readBatch(options, distinct.slice(start, start + batch))))
  }
  return items
}

/** DynamoDB leaves keys unprocessed above 16 MB and when it throttles. */
async function readBatch(options: DynamoDbTableOptions, keys: readonly string[]): Promise<Item[]> {
  const { client, tableName, clock, random } = options
  const items: Item[] = []
  let left: Record<string, unknown>[] = keys.map((key) => ({ key }))
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

function visible(stored: Attributes): Item {
  const item = { ...stored }
  for (const name of Object.values(hiddenAttributes)) delete item[name]
  return item as Item
}

function writeId(random: Random): string {
  return Buffer.from(random.bytes(9)).toString('base64url')
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
