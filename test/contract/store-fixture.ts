import type { Clock } from '../../domain/effects.ts'
import type { Declaration, Ref, Store } from '../../domain/store.ts'
import type { Item, Table } from '../../domain/table.ts'
import { createStore } from '../../store/store.ts'

export const lease = 600_000
export const longestFunction = 120_000
export const grace = 30_000
export const options = { leaseMilliseconds: lease, functionMilliseconds: longestFunction, graceMilliseconds: grace }

export interface ManualClock extends Clock {
  time: number
}

export interface StoreFixture {
  readonly store: Store
  /** The table under it; what is written to it counts as well. */
  readonly table: Table
  readonly clock: ManualClock
  /** Keys written, in order, since the last look; the looking empties it. */
  readonly written: () => string[]
  /** The item as it lies in the table. */
  readonly raw: (ref: Ref) => Promise<Item | undefined>
}

export const quotes: Ref<'Workload'> = { kind: 'Workload', name: 'policy-admin/quotes' }
export const system: Ref<'System'> = { kind: 'System', name: 'policy-admin' }
export const repository: Ref<'Source'> = { kind: 'Source', name: 'policies' }

export function declared(ref: Ref, spec: unknown = { version: 1 }, more: Partial<Declaration> = {}): Declaration {
  return { ref, spec, origin: { source: 'policies', path: 'fairway.yaml', line: 1, revision: 'c1' }, ...more }
}

export function manualClock(time = 1_800_000_000_000): ManualClock {
  const clock: ManualClock = {
    time,
    now: () => clock.time,
    sleep: async (milliseconds) => {
      clock.time += milliseconds
    },
  }
  return clock
}

export function storeFixture(table: Table): StoreFixture {
  const clock = manualClock()
  const keys: string[] = []
  const counted: Table = {
    ...table,
    create: async (key, attributes) => note(key, await table.create(key, attributes)),
    update: async (key, update, condition) => note(key, await table.update(key, update, condition)),
    remove: async (key, condition) => note(key, await table.remove(key, condition)),
  }
  function note<Result>(key: string, result: Result): Result {
    keys.push(key)
    return result
  }
  return {
    store: createStore(counted, { clock, ...options }),
    table: counted,
    clock,
    written: () => keys.splice(0),
    raw: async (ref) => table.get(`${ref.kind}/${ref.name}`),
  }
}

/** Declares and takes the lease; most rules begin here. */
export async function held(
  { store }: StoreFixture,
  ref: Ref,
  holder = 'holder',
  declaration: Declaration = declared(ref),
): Promise<number> {
  await store.declare(declaration)
  const taken = await store.leases.acquire(ref, holder)
  if (taken.result !== 'acquired') throw new Error(`not acquired but ${taken.result}`)
  return taken.fence
}
