import type { Item, Table } from '../../domain/table.ts'
import type { MemoryWorld } from './memoryworld.ts'

/** What AWS bills for, of something that happens in a control plane. */
export interface Usage {
  /** Step Functions bills the states that were entered, and one more for each execution. */
  readonly transitions: number
  readonly invocations: number
  /** DynamoDB's request units: 4 KiB read consistently, 1 KiB written, and every change of an index. */
  readonly readUnits: number
  readonly writeUnits: number
  /** Of our own; those of AWS services cost nothing. */
  readonly events: number
  /** To the writer of a cluster repository: an object is put and read, a message is sent, received and deleted. */
  readonly handovers: number
}

type Tally = { -readonly [Key in keyof Usage]: number }
const nothing = (): Tally => ({ transitions: 0, invocations: 0, readUnits: 0, writeUnits: 0, events: 0, handovers: 0 })

/** Call once for a world; the answer measures what an act and all that follows from it uses. */
export function measuring(world: MemoryWorld): (act: () => Promise<unknown>) => Promise<Usage> {
  let tally = nothing()
  listen(world.core.table, () => tally)
  return async (act) => {
    tally = nothing()
    const { control, events } = world
    const published = events.length
    const executions = new Set<string>()
    control.onState = (machine, execution) => {
      executions.add(`${machine} ${execution}`)
      tally.transitions += 1
    }
    control.fault = (_name, payload, when) => {
      if (when !== 'before') return
      tally.invocations += 1
      if (payload['operation'] === 'hand-over') tally.handovers += 1
    }
    await act()
    await world.quiet()
    delete control.onState
    delete control.fault
    tally.transitions += executions.size
    tally.events = events.slice(published).filter((event) => !event.startsWith('ECR ')).length
    return { ...tally }
  }
}

/** In place, because the store has taken hold of this very table. */
function listen(table: Table, tally: () => Tally): void {
  const real = { ...table }
  const read = (items: readonly (Item | undefined)[]) => {
    for (const item of items) tally().readUnits += Math.max(1, Math.ceil(bytes(item) / 4096))
  }
  const written = (before: Item | undefined, after: Item) => {
    tally().writeUnits += Math.ceil(bytes(after) / 1024) + indexWrites(before, after)
  }
  const listening: Partial<Table> = {
    get: async (key) => note(await real.get(key), (item) => read([item])),
    getMany: async (keys) => note(await real.getMany(keys), read),
    create: async (...call) => note(await real.create(...call), (item) => written(undefined, item)),
    update: async (...call) => {
      const before = await real.get(call[0])
      return note(await real.update(...call), (item) => written(before, item))
    },
    remove: async (...call) => {
      tally().writeUnits += 1
      return real.remove(...call)
    },
    due: async (...call) => note(await real.due(...call), ({ items }) => read([undefined, ...items])),
    // As DynamoDB counts a query: by the bytes that it answers with, a key of a hundred or so.
    dueKeys: async (...call) =>
      note(await real.dueKeys(...call), ({ keys }) =>
        read([undefined, ...keys.filter((_, index) => index % 80 === 79).map(() => undefined)]),
      ),
    ofKind: async (...call) => note(await real.ofKind(...call), ({ items }) => read([undefined, ...items])),
  }
  Object.assign(table, listening)
}

/** Both indexes hold keys only: `kind` is written once, `attention` when its date changes, which is two writes. */
function indexWrites(before: Item | undefined, after: Item): number {
  const [old, now] = [before?.['attentionAt'], after['attentionAt']]
  const dates = old === now ? 0 : [old, now].filter((date) => date !== undefined).length
  return dates + (before === undefined && after['kind'] !== undefined ? 1 : 0)
}

function bytes(item: Item | undefined): number {
  return item === undefined ? 0 : Buffer.byteLength(JSON.stringify(item))
}

function note<Value>(value: Value, then: (value: Value) => void): Value {
  then(value)
  return value
}
