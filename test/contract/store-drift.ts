import { expect, test } from 'vitest'
import { mostOpenFindings, type Finding } from '../../domain/fleet.ts'
import type { Status } from '../../domain/records.ts'
import { declared, held, quotes, system, type StoreFixture } from './store-fixture.ts'

const minute = 60_000
const ready: Status = { phase: 'Ready', observedGeneration: 1, conditions: [], placements: {}, outputs: {} }
const role: Finding = {
  kind: 'role-deleted',
  resource: quotes,
  cluster: 'dev',
  where: 'arn:aws:iam::1:role/r',
  what: 'create role r',
  answer: 'repairing',
  capability: 'iam',
}
const secret: Finding = { ...role, kind: 'secret-tags-changed', where: 's', what: 'tag s', capability: 'secrets' }
const place = 'place/1/eu-west-1'

/** What looks at the fleet found. */
export function driftRules(current: () => StoreFixture): void {
  /** Settled: nothing is due, and no lease is held. */
  const settled = async () => {
    const fence = await held(current(), quotes)
    await current().store.report(quotes, fence, ready, {})
    await current().store.leases.release(quotes, fence)
    current().written()
  }
  const drift = async () => (await current().store.get(quotes))?.drift ?? []
  const due = async () => (await current().store.due(current().clock.time, 10)).length

  test('a finding goes on record with its time and its shard, and the resource is due now', async () => {
    const { store, clock } = current()
    await settled()
    expect(await store.drifted(quotes, { shard: place, findings: [role], wake: true })).toBe('updated')
    expect(await drift()).toEqual([{ ...role, shard: place, since: new Date(clock.time).toISOString() }])
    expect(await due()).toBe(1)
  })

  test('the same again is not written, and keeps its time beside a new one', async () => {
    const { store, clock, written } = current()
    await settled()
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    const [first] = await drift()
    clock.time += 60 * minute
    written()
    expect(await store.drifted(quotes, { shard: place, findings: [role], wake: true })).toBe('unchanged')
    expect(written()).toEqual([])
    await store.drifted(quotes, { shard: place, findings: [role, secret], wake: true })
    expect((await drift()).map(({ since }) => since)).toEqual([first?.since, new Date(clock.time).toISOString()])
  })

  test('what is only told makes nothing due', async () => {
    const { store } = current()
    await settled()
    await store.drifted(quotes, { shard: place, findings: [{ ...role, answer: 'reported' }], wake: false })
    expect(await drift()).toHaveLength(1)
    expect(await due()).toBe(0)
  })

  test('what is known and waits to be tried again is not hurried; news are', async () => {
    const { store, clock } = current()
    await settled()
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    const taken = await store.leases.acquire(quotes, 'reconcile')
    if (taken.result !== 'acquired') throw new Error('not acquired')
    await store.leases.release(quotes, taken.fence, clock.time + 15 * minute)
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    expect(await due()).toBe(0)
    await store.drifted(quotes, { shard: place, findings: [role, secret], wake: true })
    expect(await due()).toBe(1)
  })

  test('what is known, and that nobody will look at soon, is due again', async () => {
    const { store, clock } = current()
    await settled()
    await store.drifted(quotes, { shard: place, findings: [role], wake: false })
    const taken = await store.leases.acquire(quotes, 'renewal')
    if (taken.result !== 'acquired') throw new Error('not acquired')
    await store.leases.release(quotes, taken.fence, clock.time + 30 * 24 * 60 * minute)
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    expect(await due()).toBe(1)
  })

  test('a holder at work goes round again', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, {})
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('each shard says what it saw, and takes nothing back of what another one saw', async () => {
    const { store } = current()
    await settled()
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    await store.drifted(quotes, { shard: 'registry/1/eu-west-1', findings: [secret], wake: true })
    await store.drifted(quotes, { shard: place, findings: [], wake: false })
    expect((await drift()).map(({ where }) => where)).toEqual([secret.where])
    await store.drifted(quotes, { shard: 'registry/1/eu-west-1', findings: [], wake: false })
    expect(await store.get(quotes)).not.toHaveProperty('drift')
  })

  test('two shards at once lose nothing of each other', async () => {
    const { store } = current()
    await settled()
    const shards = Array.from({ length: 8 }, (_, index) => `place/${index}/eu-west-1`)
    await Promise.all(shards.map((shard) => store.drifted(quotes, { shard, findings: [role], wake: true })))
    expect((await drift()).map(({ shard }) => shard).toSorted()).toEqual(shards)
  })

  test('what a look could not see stays as it is', async () => {
    const { store } = current()
    await settled()
    await store.drifted(quotes, { shard: place, findings: [role, secret], wake: true })
    const keep = ({ capability }: Finding) => capability === 'iam'
    await store.drifted(quotes, { shard: place, findings: [], wake: false, keep })
    expect((await drift()).map(({ where }) => where)).toEqual([role.where])
  })

  test('nothing is said of a resource of which nothing was found, or that is gone', async () => {
    const { store, written } = current()
    await settled()
    expect(await store.drifted(quotes, { shard: place, findings: [], wake: false })).toBe('unchanged')
    const unknown = { kind: 'Workload', name: 'policy-admin/none' } as const
    expect(await store.drifted(unknown, { shard: place, findings: [role], wake: true })).toBe('unchanged')
    expect(written()).toEqual([])
  })

  test('a record holds so many and no more', async () => {
    const { store } = current()
    await settled()
    const findings = Array.from({ length: 3 * mostOpenFindings }, (_, index) => ({ ...role, where: `r${index}` }))
    await store.drifted(quotes, { shard: place, findings, wake: true })
    expect(await drift()).toHaveLength(mostOpenFindings)
  })

  test.each([quotes, system])('what a reconcile of %s put right is told with its time', async (ref) => {
    const { store, clock } = current()
    const fence = await held(current(), ref)
    await store.drifted(ref, { shard: place, findings: [role], wake: true })
    const open = (await store.get(ref))?.drift
    clock.time += minute
    await store.report(ref, fence, ready, {}, [], () => 'repaired')
    const record = await store.get(ref)
    expect(record?.drift).toBeUndefined()
    expect(record?.repaired).toEqual({ at: new Date(clock.time).toISOString(), findings: open })
  })

  test('what was never there is taken off and not told as repaired', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    await store.report(quotes, fence, ready, {}, [], () => 'gone')
    const record = await store.get(quotes)
    expect(record?.drift).toBeUndefined()
    expect(record?.repaired).toBeUndefined()
  })

  test('what a run did not get to stays open, and says since when', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.drifted(quotes, { shard: place, findings: [role, secret], wake: true })
    const [first, second] = await drift()
    clock.time += minute
    await store.report(quotes, fence, ready, {}, [], ({ capability }) => (capability === 'iam' ? 'open' : 'repaired'))
    expect(await drift()).toEqual([first])
    expect((await store.get(quotes))?.repaired?.findings).toEqual([second])
    expect(await store.report(quotes, fence, ready, {}, [], () => 'open')).toBe('unchanged')
  })

  test('a report without drift on record says no more than before, and writes nothing', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, {})
    written()
    expect(await store.report(quotes, fence, ready, {}, [], () => 'gone')).toBe('unchanged')
    expect(written()).toEqual([])
  })

  test('a tombstone has no drift', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.drifted(quotes, { shard: place, findings: [role], wake: true })
    await store.retire(quotes, { who: 'ada', what: 'retire' })
    await store.bury(quotes, fence)
    expect(await store.get(quotes)).not.toHaveProperty('drift')
    await store.declare(declared(quotes))
    expect(await store.get(quotes)).not.toHaveProperty('drift')
  })
}
