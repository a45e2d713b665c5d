import { Table, everything } from './table.ts'
import type { Visible } from './table.ts'

/** The records of one kind, as one call sees them. */
export interface Records<T> {
  get(key: string): T | undefined
  /** In order of key. */
  all(): T[]
  /** How many there are. */
  readonly size: number
  put(key: string, value: T): void
  remove(key: string): void
}

/** What one call reads and writes. Nothing is visible to others before `commit`, so a call that throws changes nothing. */
export interface Session {
  table<T>(kind: string): Records<T>
  commit(at: number): void
}

interface Partition {
  readonly kinds: Map<string, Table>
  lastSequence: number
}

/** Everything one service holds: by partition (an account, or an account and region), then kind, then key. */
export class ServiceState {
  readonly #partitions = new Map<string, Partition>()
  readonly #retention: number
  #sequence = 0

  /** `retention`: milliseconds that old versions are kept for readers who lag. */
  constructor(retention: number) {
    this.#retention = retention
  }

  session(partition: string, visible: Visible): Session {
    const opened = this.#open(partition)
    const pending = new Map<string, Map<string, unknown>>()
    return {
      table: <T>(kind: string) => records<T>(tableOf(opened, kind), visible, pendingOf(pending, kind)),
      commit: (at) => this.#commit(opened, pending, at),
    }
  }

  /** A reader's view from before the partition's last commit. */
  beforeLast(partition: string): Visible {
    const { lastSequence } = this.#open(partition)
    return (commit) => commit.sequence < lastSequence
  }

  toJSON(): Record<string, Record<string, Record<string, unknown>>> {
    return mapToObject(this.#partitions, ({ kinds }) =>
      mapToObject(kinds, (table) => Object.fromEntries(table.entries(everything))),
    )
  }

  load(saved: ReturnType<ServiceState['toJSON']>): void {
    for (const [partition, kinds] of Object.entries(saved)) {
      for (const [kind, entries] of Object.entries(kinds)) {
        const table = tableOf(this.#open(partition), kind)
        for (const [key, value] of Object.entries(entries)) table.put(key, { sequence: 0, at: 0, value }, 0)
      }
    }
  }

  #open(name: string): Partition {
    const known = this.#partitions.get(name)
    if (known) return known
    const made = { kinds: new Map<string, Table>(), lastSequence: 0 }
    this.#partitions.set(name, made)
    return made
  }

  #commit(partition: Partition, pending: Map<string, Map<string, unknown>>, at: number): void {
    if (pending.size === 0) return
    const sequence = ++this.#sequence
    partition.lastSequence = sequence
    for (const [kind, changes] of pending) {
      const table = tableOf(partition, kind)
      for (const [key, value] of changes) table.put(key, { sequence, at, value }, this.#retention)
    }
  }
}

function tableOf(partition: Partition, kind: string): Table {
  const known = partition.kinds.get(kind)
  if (known) return known
  const made = new Table()
  partition.kinds.set(kind, made)
  return made
}

function pendingOf(pending: Map<string, Map<string, unknown>>, kind: string): () => Map<string, unknown> {
  return () => {
    const known = pending.get(kind) ?? new Map<string, unknown>()
    pending.set(kind, known)
    return known
  }
}

/** Reads see what was committed: no operation here reads again what it has just put. */
function records<T>(table: Table, visible: Visible, pending: () => Map<string, unknown>): Records<T> {
  return {
    get: (key) => table.get(key, visible) as T | undefined,
    all: () => table.entries(visible).map(([, value]) => value as T),
    size: table.size,
    put: (key, value) => void pending().set(key, value),
    remove: (key) => void pending().set(key, undefined),
  }
}

function mapToObject<Value, Result>(
  map: ReadonlyMap<string, Value>,
  convert: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries([...map].map(([key, value]) => [key, convert(value)]))
}
