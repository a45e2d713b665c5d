import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Conflict, RetryLater } from '../../domain/errors.ts'
import type { Store } from '../../domain/store.ts'
import type { Table } from '../../domain/table.ts'
import { memoryTable } from '../../store/memory.ts'
import { createStore } from '../../store/store.ts'
import { type ManualClock, declared, lease, manualClock, options, quotes } from './store.ts'

/** What may happen to one access of the table, besides that it works. */
type Fault = 'refused' | 'answer lost' | 'killed before' | 'killed after'

/** Who takes part. Each is a process of its own; every access to the table may be overtaken by everybody else's. */
interface Actor {
  readonly does: 'declares' | 'declares without an event' | 'retires' | 'touches' | 'reconciles' | 'time passes'
  /** By the number of the access. */
  readonly faults: ReadonlyMap<number, Fault>
}

interface History {
  readonly table: Table
  readonly clock: ManualClock
  /** By fence: what each function of its last round saw, before that round tried to let go. */
  readonly seen: Map<number, readonly string[]>
}

const quiet = (does: Actor['does']) => ({ does, faults: new Map<number, Fault>() })

test('without accidents no change is lost: whoever let go last had seen the latest, and nothing is left to sweep', async () => {
  const actor = fc.constantFrom<Actor['does']>('declares', 'retires', 'touches', 'reconciles').map(quiet)
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(actor, { minLength: 2, maxLength: 5 }), async (scheduler, actors) => {
      const history = newHistory()
      await play(history, scheduler, [...actors, quiet('declares')])
      expect(await unsettled(history)).toEqual(settled)
    }),
    { numRuns: 8000 },
  )
})

test('with crashes, lost answers, lost events and stolen leases the sweep brings everything to rest', async () => {
  const fault = fc.tuple(fc.nat(12), fc.constantFrom<Fault>('refused', 'answer lost', 'killed before', 'killed after'))
  const actor = fc.record({
    does: fc.constantFrom<Actor['does']>(
      'declares',
      'declares without an event',
      'retires',
      'touches',
      'reconciles',
      'time passes',
    ),
    faults: fc.array(fault, { maxLength: 3 }).map((faults) => new Map(faults)),
  })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(actor, { minLength: 2, maxLength: 6 }), async (scheduler, actors) => {
      const history = newHistory()
      await play(history, scheduler, [quiet('declares'), ...actors])
      await sweep(history)
      expect(await unsettled(history)).toEqual(settled)
    }),
    { numRuns: 30000 },
  )
})

function newHistory(): History {
  return { table: memoryTable(), clock: manualClock(), seen: new Map() }
}

async function play(history: History, scheduler: fc.Scheduler, actors: readonly Actor[]): Promise<void> {
  const processes = actors.map(async (actor, index) => {
    const access = accessOf(history.table, scheduler, actor.faults)
    const store = createStore(access, { clock: history.clock, ...options })
    try {
      await perform(history, store, actor, index)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  })
  await scheduler.waitFor(Promise.all(processes))
}

async function perform(history: History, store: Store, { does }: Actor, index: number): Promise<void> {
  const execution = `execution-${index}`
  const declaration = declared(quotes, { version: index })
  switch (does) {
    case 'declares':
      await retried(async () => store.declare(declaration))
      return reconcile(history, store, execution)
    case 'declares without an event':
      await retried(async () => store.declare(declaration))
      return
    case 'retires':
      await retried(async () => store.retire(quotes, { who: 'ada', what: 'retire' }))
      return reconcile(history, store, execution)
    case 'touches':
      await retried(async () => store.touch(quotes))
      return reconcile(history, store, execution)
    case 'reconciles':
      return reconcile(history, store, execution)
    case 'time passes':
      await retried(async () => store.get(quotes))
      history.clock.time += lease + 1
  }
}

/** What the state machine does, with two functions in a round. */
async function reconcile(history: History, store: Store, execution: string): Promise<void> {
  const taken = await retried(async () => store.leases.acquire(quotes, execution))
  if (taken.result !== 'acquired') return
  const { fence } = taken
  try {
    for (let round = 0; round < 20; round++) {
      const seen: string[] = []
      for (const _function of ['provision', 'report']) {
        const record = await retried(async () => store.leases.hold(quotes, fence))
        seen.push(`${record.generation} ${record.intent}`)
      }
      if (seen.every((look) => look.endsWith('retire'))) await bury(store, fence)
      history.seen.set(fence, seen)
      if ((await retried(async () => store.leases.release(quotes, fence))) === 'released') return
    }
    throw new Error('went round 20 times')
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
  }
}

/** A Conflict: declared again meanwhile, or taken over; the release knows which. */
async function bury(store: Store, fence: number): Promise<void> {
  await retried(async () => store.bury(quotes, fence)).catch((error: unknown) => {
    if (!(error instanceof Conflict)) throw error
  })
}

async function sweep(history: History): Promise<void> {
  const store = createStore(history.table, { clock: history.clock, ...options })
  for (let look = 0; look < 10; look++) {
    history.clock.time += lease + 1
    const due = await store.due(history.clock.now(), 10)
    if (due.length === 0) return
    await reconcile(history, store, `sweep-${look}`)
  }
  throw new Error('the sweep always finds something')
}

/** What is left at rest: whether the sweep would look, whether it is leased, and what the last holder had not seen. */
async function unsettled({ table, clock, seen }: History): Promise<object> {
  const store = createStore(table, { clock, ...options })
  const record = await store.get(quotes)
  const latest = `${record?.generation} ${record?.intent}`
  const buried = record !== undefined && record.spec === undefined
  return {
    due: await store.due(Number.MAX_SAFE_INTEGER, 10),
    leased: record?.lease !== undefined,
    retiring: !buried && record?.intent !== 'present',
    unseen: buried ? [] : (seen.get(record?.fence ?? 0) ?? ['nothing']).filter((look) => look !== latest),
  }
}

const settled = { due: [], leased: false, retiring: false, unseen: [] }

class Killed extends Error {}

/** Retries as a state machine does, with the same input. */
async function retried<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error
    }
  }
}

function accessOf(table: Table, scheduler: fc.Scheduler, faults: ReadonlyMap<number, Fault>): Table {
  let accesses = 0
  async function through<Result>(label: string, access: () => Promise<Result>): Promise<Result> {
    const fault = faults.get(accesses++)
    await scheduler.schedule(Promise.resolve(), label)
    if (fault === 'killed before') throw new Killed()
    if (fault === 'refused') throw new RetryLater('throttled')
    const settled = await access().then(
      (result) => () => result,
      (error: unknown) => () => {
        throw error
      },
    )
    await scheduler.schedule(Promise.resolve(), `${label} answered`)
    if (fault === 'killed after') throw new Killed()
    if (fault === 'answer lost') throw new RetryLater('no answer')
    return settled()
  }
  return {
    get: async (key) => through('get', async () => table.get(key)),
    getMany: async (keys) => through('getMany', async () => table.getMany(keys)),
    create: async (key, attributes) => through('create', async () => table.create(key, attributes)),
    update: async (key, update, condition) => through('update', async () => table.update(key, update, condition)),
    remove: async (key, condition) => through('remove', async () => table.remove(key, condition)),
    due: async (until, page) => through('due', async () => table.due(until, page)),
    ofKind: async (kind, page) => through('ofKind', async () => table.ofKind(kind, page)),
  }
}
