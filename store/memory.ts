import { Conflict, Terminal } from '../domain/errors.ts'
import type { Item, Json, Table } from '../domain/table.ts'
import { type Attributes, checkCondition, checkKey, checkedAttributes, checkedUpdate } from './check.ts'
import { apply, holds } from './evaluate.ts'
import { memoryIndex } from './memoryindex.ts'

/** DynamoDB's limit for one item. */
const largestItem = 400 * 1024

export interface MemoryTableOptions {
  /** How many of the newest writes the indexes have not seen yet, asked at each index read. None when absent. */
  readonly lag?: () => number
}

/** The `Table` port in memory: the twin of `dynamodb.ts` for tests and the simulation. */
export function memoryTable(options: MemoryTableOptions = {}): Table {
  const items = new Map<string, Attributes>()
  const index = memoryIndex(read, options.lag ?? (() => 0))

  function read(key: string): Item | undefined {
    checkKey(key)
    const item = items.get(key)
    return item && (copied(item) as Attributes & Item)
  }

  function write(key: string, item: Attributes): Item {
    const bytes = Buffer.byteLength(JSON.stringify(item))
    if (bytes > largestItem) throw new Terminal(`${key} would take ${bytes} bytes, more than an item may have`)
    items.set(key, item)
    index.note(key, item)
    return copied(item) as Attributes & Item
  }

  function check(key: string, condition: Parameters<Table['remove']>[1]): void {
    if (condition === undefined) return
    checkCondition(key, condition)
    if (!holds(condition, items.get(key) ?? {})) throw new Conflict(`changing ${key}: somebody else wrote first`)
  }

  return {
    get: async (key) => read(key),
    getMany: async (keys) => [...new Set(keys)].flatMap((key) => read(key) ?? []),
    create: async (key, given) => {
      checkKey(key)
      const attributes = checkedAttributes(key, given)
      if (items.has(key)) throw new Conflict(`creating ${key}: somebody else wrote first`)
      return write(key, { ...attributes, key, revision: 1 })
    },
    update: async (key, change, condition) => {
      checkKey(key)
      const checked = checkedUpdate(key, change)
      check(key, condition)
      const item = copied(items.get(key) ?? { key })
      apply({ ...checked, add: [...checked.add, [['revision'], 1]] }, item)
      return write(key, item)
    },
    remove: async (key, condition) => {
      checkKey(key)
      check(key, condition)
      items.delete(key)
      index.note(key, {})
    },
    due: async (until, page) => index.due(until, page),
    dueKeys: async (until, page) => index.dueKeys(until, page),
    ofKind: async (kind, page) => index.ofKind(kind, page),
  }
}

/** Items are plain data, of which a fleet's are read by the hundred thousand: `structuredClone` takes five times as long. */
function copied<Value extends Json>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copied) as readonly Json[] as Value
  const copy: Record<string, Json | undefined> = {}
  for (const name of Object.keys(value)) copy[name] = copied((value as Attributes)[name] as Json)
  return copy as Value
}
