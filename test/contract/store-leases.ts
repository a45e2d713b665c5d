import { expect, test } from 'vitest'
import { Conflict } from '../../domain/errors.ts'
import { parkedAt } from '../../domain/store.ts'
import type { Item } from '../../domain/table.ts'
import {
  type StoreFixture,
  declared,
  grace,
  held,
  lease,
  longestFunction,
  quotes,
  repository,
  system,
} from './store-fixture.ts'

const leaseAttributes = new Set(['holder', 'until', 'fence', 'dirty', 'again', 'attentionAt', 'revision'])

export function leaseRules(current: () => StoreFixture): void {
  test('a free lease is taken in one write, and the record comes with it', async () => {
    const { store, clock, written } = current()
    await store.declare(declared(quotes))
    written()
    const taken = await store.leases.acquire(quotes, 'a')
    expect(taken).toMatchObject({ result: 'acquired', fence: 1 })
    expect(written()).toHaveLength(1)
    expect(taken).toHaveProperty('record.lease', { holder: 'a', fence: 1, until: clock.time + lease })
    expect(taken).toHaveProperty('record.spec', { version: 1 })
  })

  test('what is parked is found, is due to nobody, and becomes due when it is touched or changes', async () => {
    const { store, clock } = current()
    await store.declare(declared(quotes))
    const taken = await store.leases.acquire(quotes, 'a')
    if (taken.result !== 'acquired') throw new Error(taken.result)
    await store.leases.release(quotes, taken.fence, parkedAt)
    expect(await store.parked(10)).toEqual([quotes])
    expect(await store.waiting(clock.time + 365 * 86_400_000, 10)).toEqual([])
    await store.touch(quotes)
    expect(await store.parked(10)).toEqual([])
    expect(await store.waiting(clock.time, 10)).toEqual([{ ref: quotes, at: clock.time }])
  })

  test('what was never declared has no lease to take', async () => {
    const { store, written } = current()
    expect(await store.leases.acquire(quotes, 'a')).toEqual({ result: 'absent' })
    expect(written()).toEqual([])
  })

  test('who meets a lease says so to its holder, who goes round again', async () => {
    const { store } = current()
    const fence = await held(current(), quotes, 'a')
    expect(await store.leases.acquire(quotes, 'b')).toEqual({ result: 'coalesced' })
    expect((await store.get(quotes))?.dirty).toBe(true)
    expect(await store.leases.release(quotes, fence)).toBe('again')
    expect((await store.get(quotes))?.dirty).toBeUndefined()
    await store.leases.hold(quotes, fence)
    expect(await store.leases.release(quotes, fence)).toBe('released')
  })

  test('of 200 who want the lease at once one gets it, and its release knows of the others', async () => {
    const { store } = current()
    await store.declare(declared(quotes))
    const racers = Array.from({ length: 200 }, (_, racer) => store.leases.acquire(quotes, `racer-${racer}`))
    const results = await Promise.all(racers)
    const winners = results.flatMap((taken) => (taken.result === 'acquired' ? [taken] : []))
    expect(winners).toHaveLength(1)
    expect(results.filter(({ result }) => result === 'coalesced')).toHaveLength(199)
    const fence = winners[0]?.fence ?? 0
    expect(await store.leases.release(quotes, fence)).toBe('again')
    await store.leases.hold(quotes, fence)
    expect(await store.leases.release(quotes, fence)).toBe('released')
  })

  test('a release whose answer was lost says "again" again, until the holder has read the record', async () => {
    const { store } = current()
    const fence = await held(current(), quotes, 'a')
    await store.declare(declared(quotes, { version: 2 }))
    expect(await store.leases.release(quotes, fence)).toBe('again')
    expect(await store.leases.release(quotes, fence)).toBe('again')
    expect((await store.leases.hold(quotes, fence)).generation).toBe(2)
    expect(await store.leases.release(quotes, fence)).toBe('released')
    expect(await store.leases.release(quotes, fence)).toBe('released')
  })

  test('going round by taking the lease again answers for the change as well', async () => {
    const { store } = current()
    const fence = await held(current(), quotes, 'a')
    await store.declare(declared(quotes, { version: 2 }))
    expect(await store.leases.release(quotes, fence)).toBe('again')
    const again = await store.leases.acquire(quotes, 'a')
    expect(again).toMatchObject({ result: 'acquired', fence, record: { generation: 2 } })
    expect(await store.leases.release(quotes, fence)).toBe('released')
  })

  test('the same holder takes it again under the same fence, and for the full time', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes, 'a')
    clock.time += lease / 2
    const again = await store.leases.acquire(quotes, 'a')
    expect(again).toMatchObject({ result: 'acquired', fence, record: { lease: { until: clock.time + lease } } })
  })

  test('an overdue lease is taken over, and everything of the old fence is a Conflict', async () => {
    const { store, clock } = current()
    const old = await held(current(), quotes, 'a')
    clock.time += lease + 1
    const taken = await store.leases.acquire(quotes, 'b')
    expect(taken).toMatchObject({ result: 'acquired', fence: old + 1 })
    expect(await attempts(current(), old)).toEqual(refused)
  })

  test('a new holder does not go round for what the last one was told', async () => {
    const { store, clock } = current()
    await held(current(), quotes, 'a')
    await store.leases.acquire(quotes, 'b')
    clock.time += lease + 1
    const taken = await store.leases.acquire(quotes, 'c')
    expect(taken).not.toHaveProperty('record.dirty')
    expect(await store.leases.release(quotes, taken.result === 'acquired' ? taken.fence : 0)).toBe('released')
  })

  test('a lease is not taken over at the millisecond it ends', async () => {
    const { store, clock } = current()
    await held(current(), quotes, 'a')
    clock.time += lease
    expect(await store.leases.acquire(quotes, 'b')).toEqual({ result: 'coalesced' })
  })

  test('after the release everything of its fence is a Conflict', async () => {
    const { store } = current()
    const fence = await held(current(), quotes, 'a')
    await store.leases.release(quotes, fence)
    expect(await attempts(current(), fence)).toEqual({ ...refused, release: 'released' })
  })

  test('a fence that was never given out is a Conflict', async () => {
    await held(current(), quotes, 'a')
    expect(await attempts(current(), 7)).toEqual(refused)
  })

  test('holding reads once and writes nothing while there is time for a function', async () => {
    const { store, clock, written } = current()
    const fence = await held(current(), quotes, 'a')
    clock.time += lease - longestFunction - 60_000
    written()
    const record = await store.leases.hold(quotes, fence)
    expect(record).toMatchObject({ kind: 'Workload', generation: 1 })
    expect(written()).toEqual([])
  })

  test('holding renews when a function could outlast the lease', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes, 'a')
    clock.time += lease - longestFunction - 60_000 + 1
    const record = await store.leases.hold(quotes, fence)
    expect(record.lease?.until).toBe(clock.time + lease)
    expect(record.attentionAt).toBe(clock.time + lease)
  })

  test('the functions of one execution hold at the same time, also when all of them renew', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes, 'a')
    clock.time += lease - 1
    const records = await Promise.all([1, 2, 3, 4, 5].map(async () => store.leases.hold(quotes, fence)))
    expect(records.every((record) => record.lease?.until === clock.time + lease)).toBe(true)
  })

  test('the sweep looks when the event may have got lost, when the lease ends, and when the release said', async () => {
    const { store, clock } = current()
    const seen = async (until: number) => (await store.due(until, 10)).length
    await store.declare(declared(quotes))
    expect([await seen(clock.time + grace - 1), await seen(clock.time + grace)]).toEqual([0, 1])
    const taken = await store.leases.acquire(quotes, 'a')
    expect([await seen(clock.time + lease - 1), await seen(clock.time + lease)]).toEqual([0, 1])
    const fence = taken.result === 'acquired' ? taken.fence : 0
    await store.leases.release(quotes, fence, clock.time + 5000)
    expect([await seen(clock.time + 4999), await seen(clock.time + 5000)]).toEqual([0, 1])
  })

  test('what waits is found by name, earliest first, and as far as is asked', async () => {
    const { store, clock } = current()
    await store.declare(declared(quotes))
    clock.time += 5
    await store.declare(declared(system))
    const [first, second] = [
      { ref: quotes, at: clock.time - 5 + grace },
      { ref: system, at: clock.time + grace },
    ]
    expect(await store.waiting(clock.time + grace, 10)).toEqual([first, second])
    expect(await store.waiting(clock.time + grace - 1, 10)).toEqual([first])
    expect(await store.waiting(clock.time + grace, 1)).toEqual([first])
  })

  test('what is due in a time is found whole, both ends included, and as far as is asked', async () => {
    const { store, clock } = current()
    await store.declare(declared(quotes))
    clock.time += 5
    await store.declare(declared(system))
    const at = clock.time + grace
    const names = async (...range: Parameters<typeof store.attention>) =>
      (await store.attention(...range)).map(({ name }) => name)
    expect(await names({ until: at }, 10)).toEqual([quotes.name, system.name])
    expect(await names({ from: at - 4, until: at }, 10)).toEqual([system.name])
    expect(await names({ from: at - 5, until: at - 1 }, 10)).toEqual([quotes.name])
    expect(await names({ until: at }, 1)).toEqual([quotes.name])
  })

  test('what is under a lease is found, beyond a page, among what is due and what waits; and no more than asked', async () => {
    const { store, clock } = current()
    const names = Array.from({ length: 130 }, (_, index) => `claims/w${String(index).padStart(3, '0')}`)
    for (const name of names) await store.declare(declared({ kind: 'Workload', name }))
    await store.declare(declared(system))
    const later = await held(current(), repository)
    await store.leases.release(repository, later, clock.time + 2 * grace)
    clock.time += grace
    await Promise.all(names.map(async (name) => store.leases.acquire({ kind: 'Workload', name }, 'a')))
    const found = await store.leases.held(500)
    expect(found.map(({ name }) => name).toSorted()).toEqual(names)
    expect(found[0]).toMatchObject({ kind: 'Workload', lease: { holder: 'a' } })
    expect(await store.leases.held(20)).toHaveLength(20)
    clock.time += lease + 1
    expect(await store.leases.held(500)).toEqual([])
  })

  test('what is settled is not looked at', async () => {
    const { store } = current()
    const fence = await held(current(), quotes, 'a')
    await store.leases.release(quotes, fence)
    expect(await store.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([])
  })

  test('the sweep sees the earliest first, and more than a page of them', async () => {
    const { store, clock } = current()
    const names = Array.from({ length: 130 }, (_, index) => `policy-admin/w${String(index).padStart(3, '0')}`)
    for (const name of names) {
      await store.declare(declared({ kind: 'Workload', name }))
      clock.time += 1
    }
    const due = await store.due(clock.time + grace, 120)
    expect(due).toEqual(names.slice(0, 120).map((name) => ({ kind: 'Workload', name })))
  })

  test('a reconcile of a healthy resource writes its lease and nothing else', async () => {
    const { store, raw } = current()
    const first = await held(current(), quotes, 'a')
    await store.leases.release(quotes, first)
    const before = await raw(quotes)
    const taken = await store.leases.acquire(quotes, 'b')
    const fence = taken.result === 'acquired' ? taken.fence : 0
    const record = await store.leases.hold(quotes, fence)
    await store.report(quotes, fence, record.status, record.reported)
    await store.leases.release(quotes, fence)
    const after = await raw(quotes)
    expect(changedAttributes(before, after).filter((name) => !leaseAttributes.has(name))).toEqual([])
    expect(after?.revision).toBe((before?.revision ?? 0) + 2)
  })
}

const refused = {
  hold: 'Conflict',
  report: 'Conflict',
  bury: 'Conflict',
  removing: 'Conflict',
  removed: 'Conflict',
  claim: 'Conflict',
  unclaim: 'Conflict',
  credential: 'Conflict',
  release: 'Conflict',
  written: 0,
}

/** Tries everything that names a fence: the errors it meets, and how much was written. */
async function attempts({ store, written }: StoreFixture, fence: number): Promise<Record<string, unknown>> {
  written()
  const ledger = store.ledger(quotes, fence, 'iam', 'dev')
  const status = { phase: 'Ready', observedGeneration: 9, conditions: [], placements: {}, outputs: {} } as const
  const calls: Record<string, () => Promise<unknown>> = {
    hold: async () => store.leases.hold(quotes, fence),
    report: async () => store.report(quotes, fence, status, {}),
    bury: async () => store.bury(quotes, fence),
    removing: async () => store.removing(quotes, fence, 'dev', 'c1'),
    removed: async () => store.removed(quotes, fence, 'dev'),
    claim: async () => ledger.claim('role', { id: 'x', incarnation: 1 }),
    unclaim: async () => ledger.release('role'),
    credential: async () =>
      ledger.credential('nats', { kind: 'nats', generation: 1, state: 'issuing', versionId: 'v' }),
    release: async () => store.leases.release(quotes, fence),
  }
  const results: Record<string, unknown> = {}
  for (const [name, call] of Object.entries(calls)) {
    results[name] = await call().catch((error: unknown) => (error instanceof Conflict ? 'Conflict' : error))
  }
  return { ...results, written: written().length }
}

function changedAttributes(before: Item | undefined, after: Item | undefined): string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...names].filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]))
}
