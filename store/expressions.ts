import type { Condition, Json, Path, Update } from '../domain/table.ts'
import { hiddenAttributes } from './definition.ts'

/** The expression parts of one DynamoDB call. Every name goes through a placeholder: map keys contain `/` and `.`. */
export interface Expressions {
  readonly UpdateExpression?: string
  readonly ConditionExpression?: string
  readonly ExpressionAttributeNames: Record<string, string>
  readonly ExpressionAttributeValues?: Record<string, Json>
}

/** The condition alone, as a delete and a put need it. */
export function conditionExpressions(condition: Condition): Expressions {
  const used = new Placeholders()
  return used.complete({ ConditionExpression: conditionText(condition, used) })
}

/** `write` names this call, so that it recognises its own effect after a lost answer. */
export function updateExpressions(update: Required<Update>, condition: Condition | undefined, write: string) {
  const used = new Placeholders()
  const set = [...update.set, ...partition(update), [[hiddenAttributes.write], write] as const]
  const add = [...update.add, [['revision'], 1] as const]
  const remove = update.remove.map((path) => used.path(path))
  const assignments = [
    ...set.map(([path, value]) => `${used.path(path)} = ${used.value(value)}`),
    // SET rather than ADD, which takes top-level attributes only.
    ...add.map(([path, amount]) => {
      const name = used.path(path)
      return `${name} = if_not_exists(${name}, ${used.value(0)}) + ${used.value(amount)}`
    }),
  ]
  return used.complete({
    UpdateExpression: `SET ${assignments.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    ...(condition === undefined ? {} : { ConditionExpression: conditionText(condition, used) }),
  })
}

/** The sparse index's partition comes with the date; without a date an item is in no index, so it need not go. */
function partition(update: Required<Update>): NonNullable<Update['set']> {
  const dated = update.set.some(([path]) => path.length === 1 && path[0] === 'attentionAt')
  return dated ? [[[hiddenAttributes.attention], '1']] : []
}

function conditionText(condition: Condition, used: Placeholders): string {
  switch (condition.op) {
    case 'absent':
      return `attribute_not_exists(${used.path(condition.path)})`
    case 'exists':
      return `attribute_exists(${used.path(condition.path)})`
    case 'equals':
      return `${used.path(condition.path)} = ${used.value(condition.value)}`
    case 'below':
      return `${used.path(condition.path)} < ${used.value(condition.value)}`
    case 'all':
      return group(condition.of, ' AND ', used)
    case 'any':
      return group(condition.of, ' OR ', used)
  }
}

/** DynamoDB refuses redundant parentheses, which a group of one would have. */
function group(members: readonly Condition[], operator: string, used: Placeholders): string {
  const texts = members.map((member) => conditionText(member, used))
  return texts.length === 1 ? (texts[0] ?? '') : `(${texts.join(operator)})`
}

class Placeholders {
  readonly #names = new Map<string, string>()
  readonly #values = new Map<Json, string>()

  path(path: Path): string {
    return path.map((name) => placeholder(this.#names, name, '#n')).join('.')
  }

  value(value: Json): string {
    return placeholder(this.#values, value, ':v')
  }

  complete<Parts extends object>(parts: Parts): Parts & Expressions {
    const names = Object.fromEntries([...this.#names].map(([name, short]) => [short, name]))
    const values = Object.fromEntries([...this.#values].map(([value, short]) => [short, value]))
    return {
      ...parts,
      ExpressionAttributeNames: names,
      ...(this.#values.size > 0 ? { ExpressionAttributeValues: values } : {}),
    }
  }
}

function placeholder<Key>(known: Map<Key, string>, key: Key, prefix: string): string {
  const short = known.get(key) ?? `${prefix}${known.size}`
  known.set(key, short)
  return short
}
