import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { Random } from '../domain/effects.ts'
import { Conflict } from '../domain/errors.ts'
import type { Item, Table } from '../domain/table.ts'
import { checkCondition, checkKey, checkedAttributes, checkedUpdate } from './check.ts'
import { hiddenAttributes } from './definition.ts'
import { type DynamoDbTableOptions, type StoredAttributes, readStored, visible } from './dynamodbreads.ts'
import { conditionExpressions, updateExpressions } from './expressions.ts'
import { attemptsOf, translated } from './failures.ts'

export function dynamoDbWrites(options: DynamoDbTableOptions): Pick<Table, 'create' | 'update' | 'remove'> {
  const { client, tableName: TableName, random } = options
  return {
    async create(key, given) {
      checkKey(key)
      const attributes = checkedAttributes(key, given)
      const id = writeId(random)
      const sparse = attributes['attentionAt'] === undefined ? {} : { [hiddenAttributes.attention]: '1' }
      const Item = { ...attributes, ...sparse, key, revision: 1, [hiddenAttributes.write]: id }
      const condition = conditionExpressions({ op: 'absent', path: ['key'] })
      return write(options, { key, id, doing: `creating ${key}` }, async () => {
        await client.send(new PutCommand({ TableName, Item, ...condition }))
        return Item
      })
    },

    async update(key, change, condition) {
      checkKey(key)
      if (condition) checkCondition(key, condition)
      const id = writeId(random)
      const expressions = updateExpressions(checkedUpdate(key, change), condition, id)
      const input = { TableName, Key: { key }, ReturnValues: 'ALL_NEW' as const, ...expressions }
      return write(options, { key, id, doing: `changing ${key}` }, async () => {
        return (await client.send(new UpdateCommand(input))).Attributes
      })
    },

    async remove(key, condition) {
      checkKey(key)
      if (condition) checkCondition(key, condition)
      const input = { TableName, Key: { key }, ...(condition ? conditionExpressions(condition) : {}) }
      await translated(`removing ${key}`, () => client.send(new DeleteCommand(input)))
    },
  }
}

interface Write {
  readonly key: string
  readonly id: string
  readonly doing: string
}

/**
 * The SDK sends a call again when its answer was lost. A conditional write that got through the first time then
 * finds its condition broken by itself: what the item says of its last write tells whether it was this call.
 */
async function write(
  options: DynamoDbTableOptions,
  { key, id, doing }: Write,
  send: () => Promise<StoredAttributes | undefined>,
): Promise<Item> {
  try {
    return visible((await translated(doing, send)) ?? {})
  } catch (error) {
    if (!(error instanceof Conflict) || attemptsOf(error) < 2) throw error
    const stored = await readStored(options, key)
    if (stored?.[hiddenAttributes.write] !== id) throw error
    return visible(stored)
  }
}

function writeId(random: Random): string {
  return Buffer.from(random.bytes(9)).toString('base64url')
}
