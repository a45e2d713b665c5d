import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Conflict, RetryLater } from '../../domain/errors.ts'
import type { Store } from '../../domain/store.ts'
import type { Table } from '../../domain/table.ts'
import { memoryTable } from '../../store/memory.ts'
import { createStore } from '../../store/store.ts'
import { type ManualClock, declared, lease, manualClock, options, quotes } from './store-fixture.ts'

/** What may happen to one access of the table, besides that it works. */
type Fault = 'refused' | 'answer lost' | 'killed before' | 'killed after'

type Doing =
  | 'declares'
  | 'declares without an event'
  | 'retires'
  | 'retires without an event'
  | 'touches'
  | 'touches without an event'
  | 'reconciles'
  | 'the world changes'
  | 'time passes'

/** Who takes part. Each is a process of its own; every access to the table may be overtaken by everybody else's. */
interface Actor {
  readonly does: Doing
  /** By the number of the access. */
  readonly faults: ReadonlyMap<number, Fault>
}

interface History {
  readonly table: Table
  readonly clock: ManualClock
  /** What lies outside of the store, an image for example: its change is known by an event alone. */
  world: number
  /** By fence: what each function of its last round saw, before that round tried to let go. */
  readonly seen: Map<number, readonly string[]>
}

const quiet = (does: Doing): Actor => ({ does, faults: new Map() })
const actors = (...doing: Doing[]) => fc.array(fc.constantFrom(...doing).map(quiet), { minLength: 2, maxLength: 5 })

test('without accidents no change is lost: whoever let go last had seen the latest, and nothing is left to sweep', async () => {
  const some = actors('declares', 'retires', 'touches', 'reconciles', 'the world changes')
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), some, async (scheduler, others) => {
      const history = await declaredBefore()
      await play(history, scheduler, others)
      expect(await unsettled(history)).toEqual(settled)
    }),
    { numRuns: 500 },
  )
})

test('where every event is lost the sweep sees each change, whatever was under way', async () => {
  const some = actors('declares without an event', 'retires without an event', 'touches without an event', 'reconciles')
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), some, async (scheduler, others) => {
      const history = await declaredBefore()
      await play(history, scheduler, others)
      await sweep(history)
      expect(await unsettled(history)).toEqual(settled)
    }),
    { numRuns: 1000 },
  )
})

test('with crashes, lost answers, lost events and stolen leases the sweep brings everything to rest', async () => {
  const fault = fc.tuple(fc.nat(12), fc.constantFrom<Fault>('refused', 'answer lost', 'killed before', 'killed after'))
  const actor = fc.record({
    does: fc.constantFrom<Doing>(
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
    fc.asyncProperty(fc.scheduler(), fc.array(actor, { minLength: 2, maxLength: 6 }), async (scheduler, others) => {
      const history = newHistory()
      await play(history, scheduler, [quiet('declares'), ...others])
      await sweep(history)
      expect(await unsettled(history)).toEqual(settled)
    }),
    { numRuns: 500 },
  )
})

function newHistory(): History {
  return { table: memoryTable(), clock: manualClock(), world: 0, seen: new Map() }
}

/** Declared, reconciled once, and at rest. */
async function declaredBefore(): Promise<History> {
  const history = newHistory()
  const store = createStore(history.table, { clock: history.clock, ...options })
  await store.declare(declared(quotes))
  await reconcile(history, store, 'first')
  return history
}

async function play(history: History, scheduler: fc.Scheduler, cast: readonly Actor[]): Promise<void> {
  const processes = cast.map(async (actor, index) => {
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
  if (does === 'time passes') {
    await retried(async () => store.get(quotes))
    history.clock.time += lease + 1
  } else {
    await change(history, store, does, index)
    if (!does.endsWith('without an event')) await reconcile(history, store, `execution-${index}`)
  }
}

async function change(history: History, store: Store, does: Doing, index: number): Promise<void> {
  if (does.startsWith('declares')) await retried(async () => store.declare(declared(quotes, { version: index })))
  if (does.startsWith('retires')) await retried(async () => store.retire(quotes, { who: 'ada', what: 'retire' }))
  if (does.startsWith('touches')) await retried(async () => store.touch(quotes))
  if (does === 'the world changes') {
    await retried(async () => store.get(quotes))
    history.world++
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
        seen.push(`${record.generation} ${record.intent}, world ${history.world}`)
      }
      if (seen.every((look) => look.includes('retire'))) await bury(store, fence)
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
async function unsettled({ table, clock, world, seen }: History): Promise<object> {
  const store = createStore(table, { clock, ...options })
  const record = await store.get(quotes)
  const latest = `${record?.generation} ${record?.intent}, world ${world}`
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
    dueKeys: async (until, page) => through('dueKeys', async () => table.dueKeys(until, page)),
    ofKind: async (kind, page) => through('ofKind', async () => table.ofKind(kind, page)),
  }
}
