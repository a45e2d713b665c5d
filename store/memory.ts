import { Conflict, Terminal } from '../domain/errors.ts'
import type { Item, Json, Page, Table } from '../domain/table.ts'
import { type Attributes, checkCondition, checkKey, checkedAttributes, checkedUpdate } from './check.ts'
import { apply, holds } from './evaluate.ts'

/** DynamoDB's limit for one item. */
const largestItem = 400 * 1024

export interface MemoryTableOptions {
  /** How many of the newest writes the indexes have not seen yet, asked at each index read. None when absent. */
  readonly lag?: () => number
}

/** The `Table` port in memory: the twin of `dynamodb.ts` for tests and the simulation. */
export function memoryTable(options: MemoryTableOptions = {}): Table {
  const items = new Map<string, Attributes>()
  const index = laggingIndex(options.lag ?? (() => 0))

  function read(key: string): Item | undefined {
    checkKey(key)
    const item = items.get(key)
    return item && (structuredClone(item) as Attributes & Item)
  }

  function write(key: string, item: Attributes): Item {
    const bytes = Buffer.byteLength(JSON.stringify(item))
    if (bytes > largestItem) throw new Terminal(`${key} would take ${bytes} bytes, more than an item may have`)
    items.set(key, item)
    index.note(key, item)
    return structuredClone(item) as Attributes & Item
  }

  function check(key: string, condition: Parameters<Table['remove']>[1]): void {
    if (condition === undefined) return
    checkCondition(key, condition)
    if (!holds(condition, items.get(key) ?? {})) throw new Conflict(`changing ${key}: somebody else wrote first`)
  }

  function page(entries: readonly Entry[], limit: number, wanted: (item: Item) => boolean): Page {
    const taken = entries.slice(0, limit)
    const found = taken.flatMap(({ key }) => read(key) ?? []).filter(wanted)
    const last = taken.at(-1)
    // As DynamoDB: a full page has a cursor, even when nothing comes after it.
    return last && taken.length === limit ? { items: found, cursor: JSON.stringify(last) } : { items: found }
  }

  return {
    get: async (key) => read(key),
    getMany: async (keys) => [...new Set(keys)].flatMap((key) => read(key) ?? []),
    create: async (key, given) => {
      checkKey(key)
      const attributes = checkedAttributes(key, given)
      if (items.has(key)) throw new Conflict(`creating ${key}: somebody else wrote first`)
      return write(key, { ...structuredClone(attributes), key, revision: 1 })
    },
    update: async (key, change, condition) => {
      checkKey(key)
      const checked = checkedUpdate(key, change)
      check(key, condition)
      const item = structuredClone(items.get(key)) ?? { key }
      apply({ ...structuredClone(checked), add: [...checked.add, [['revision'], 1]] }, item)
      return write(key, item)
    },
    remove: async (key, condition) => {
      checkKey(key)
      check(key, condition)
      items.delete(key)
      index.note(key, {})
    },
    due: async (until, { limit, cursor }) => {
      const after = startAfter(cursor)
      const isDue = (at: Json | undefined) => typeof at === 'number' && at <= until
      const entries = index
        .entries()
        .filter((entry) => isDue(entry.attentionAt) && (!after || byTime(entry, after) > 0))
      return page(entries.sort(byTime), limit, (item) => isDue(item['attentionAt']))
    },
    ofKind: async (kind, { limit, cursor }) => {
      const after = startAfter(cursor)
      const entries = index.entries().filter((entry) => entry.kind === kind && (!after || byKey(entry, after) > 0))
      return page(entries.sort(byKey), limit, (item) => item['kind'] === kind)
    },
  }
}

interface Entry {
  readonly key: string
  readonly kind?: Json | undefined
  readonly attentionAt?: Json | undefined
}

/** Sees the writes in their order, the newest ones later; what it has seen it keeps. */
function laggingIndex(lag: () => number) {
  const seen = new Map<string, Entry>()
  const unseen: Entry[] = []
  return {
    note(key: string, { kind, attentionAt }: Attributes): void {
      unseen.push({ key, kind, attentionAt })
    },
    entries(): Entry[] {
      for (const entry of unseen.splice(0, Math.max(0, unseen.length - lag()))) seen.set(entry.key, entry)
      return [...seen.values()]
    },
  }
}

function startAfter(cursor: string | undefined): Entry | undefined {
  try {
    return cursor === undefined ? undefined : (JSON.parse(cursor) as Entry)
  } catch (cause) {
    throw new Terminal('this cursor is not one of this table', { cause, fix: 'start again without a cursor' })
  }
}

function byTime(a: Entry, b: Entry): number {
  return Number(a.attentionAt) - Number(b.attentionAt) || byKey(a, b)
}

/** DynamoDB orders texts by their UTF-8 bytes. */
function byKey(a: Entry, b: Entry): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
}
