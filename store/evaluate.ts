import { Terminal } from '../domain/errors.ts'
import type { Condition, Json, Path, Update } from '../domain/table.ts'
import type { Attributes } from './check.ts'

/** What DynamoDB's expressions do, on a plain item. */

export function holds(condition: Condition, item: Attributes): boolean {
  switch (condition.op) {
    case 'absent':
      return valueAt(item, condition.path) === undefined
    case 'exists':
      return valueAt(item, condition.path) !== undefined
    case 'equals':
      return valueAt(item, condition.path) === condition.value
    case 'below': {
      const value = valueAt(item, condition.path)
      return typeof value === 'number' && value < condition.value
    }
    case 'all':
      return condition.of.every((member) => holds(member, item))
    case 'any':
      return condition.of.some((member) => holds(member, item))
  }
}

/** Changes `item` in place; a path into something that is not a map is Terminal. */
export function apply(update: Required<Update>, item: Attributes): void {
  const sums = update.add.map(([path, amount]) => [path, added(valueAt(item, path), amount, path)] as const)
  for (const [path, value] of [...update.set, ...sums]) parentOf(item, path)[path.at(-1) ?? ''] = value
  for (const path of update.remove) delete parentOf(item, path)[path.at(-1) ?? '']
}

function valueAt(item: Attributes, path: Path): Json | undefined {
  let value: Json | undefined = item
  for (const name of path) value = isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

function parentOf(item: Attributes, path: Path): Attributes {
  const parent = valueAt(item, path.slice(0, -1))
  if (isMap(parent)) return parent
  throw new Terminal(`cannot change ${path.join('.')}: there is no map to hold it`)
}

function added(value: Json | undefined, amount: number, path: Path): number {
  if (value === undefined) return amount
  if (typeof value === 'number') return value + amount
  throw new Terminal(`cannot add to ${path.join('.')}: it is not a number`)
}

function isMap(value: Json | undefined): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
