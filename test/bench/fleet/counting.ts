import type { Item, Table } from '../../../domain/table.ts'

/** What a table was asked for, as DynamoDB is asked: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html */
export interface TableCounts {
  calls: number
  /** Items, by kind of record. */
  readonly items: Record<string, number>
  /** Of 4 KB, strongly consistent; half of that for what an index answers with. */
  readUnits: number
  /** Keys that were written. */
  readonly written: string[]
}

export interface CountedTable {
  readonly table: Table
  start(): void
  /** Since it was started. */
  stop(): TableCounts
}

/** BatchGetItem takes as many keys. */
const batch = 100

/** `heard` is told of each call when it is over. */
export function countingTable(table: Table, heard: () => void): CountedTable {
  let counts: TableCounts | undefined
  /** By key and revision: each look reads every record. */
  const known = new Map<string, number>()
  const unitsOf = (item: Item) => {
    const version = `${item.key} ${item.revision}`
    const units = known.get(version) ?? Math.ceil(Buffer.byteLength(JSON.stringify(item)) / 4096)
    known.set(version, units)
    return units
  }
  const read = (calls: number, items: readonly (Item | undefined)[], keys = 0) => {
    if (counts === undefined) return
    counts.calls += calls
    // An entry of an index has a hundred bytes or so.
    counts.readUnits += Math.ceil(keys / 40) / 2
    for (const item of items) {
      const kind = kindOf(item)
      counts.items[kind] = (counts.items[kind] ?? 0) + 1
      counts.readUnits += item === undefined ? 1 : unitsOf(item)
    }
    heard()
  }
  const wrote = (key: string) => {
    if (counts === undefined) return
    counts.calls += 1
    counts.written.push(key)
    heard()
  }
  const counted: Table = {
    get: async (key) => noted(await table.get(key), (item) => read(1, [item])),
    getMany: async (keys) =>
      noted(await table.getMany(keys), (items) => read(Math.ceil(new Set(keys).size / batch), items)),
    create: async (...call) => noted(await table.create(...call), () => wrote(call[0])),
    update: async (...call) => noted(await table.update(...call), () => wrote(call[0])),
    remove: async (...call) => noted(await table.remove(...call), () => wrote(call[0])),
    // The keys from the index, then the items.
    due: async (...call) => noted(await table.due(...call), ({ items }) => read(2, items, items.length)),
    dueKeys: async (...call) => noted(await table.dueKeys(...call), ({ keys }) => read(1, [], keys.length)),
    ofKind: async (...call) => noted(await table.ofKind(...call), ({ items }) => read(2, items, items.length)),
  }
  return {
    table: counted,
    start: () => void (counts = nothing()),
    stop() {
      const taken = counts ?? nothing()
      counts = undefined
      return taken
    },
  }
}

/** Of what has none the first part of its key. */
function kindOf(item: Item | undefined): string {
  if (item === undefined) return 'none'
  const { kind, key } = item
  return typeof kind === 'string' ? kind : key.slice(0, key.indexOf('/'))
}

function nothing(): TableCounts {
  return { calls: 0, items: {}, readUnits: 0, written: [] }
}

function noted<Value>(value: Value, note: (value: Value) => void): Value {
  note(value)
  return value
}
