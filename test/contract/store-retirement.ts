import { expect, test } from 'vitest'
import { Conflict } from '../../domain/errors.ts'
import type { Status } from '../../domain/records.ts'
import { type StoreFixture, declared, grace, held, quotes, system } from './store-fixture.ts'

const audit = { who: 'ada', what: 'retire' }
const retired: Status = { phase: 'Retired', observedGeneration: 1, conditions: [], placements: {}, outputs: {} }

export function retirementRules(current: () => StoreFixture): void {
  test('retiring marks it, once, and somebody looks soon', async () => {
    const { store, clock, written } = current()
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence)
    const record = await store.retire(quotes, audit)
    expect(record).toMatchObject({
      intent: 'retire',
      generation: 1,
      status: { phase: 'Retiring' },
      attentionAt: clock.time + grace,
      audit: [audit],
    })
    written()
    expect(await store.retire(quotes, audit)).toEqual(record)
    expect(written()).toEqual([])
  })

  test('retiring under a lease makes the holder go round', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.retire(quotes, audit)
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('there is nothing to retire where nothing is, or only a tombstone', async () => {
    const { store } = current()
    expect(await store.retire(quotes, audit)).toBeUndefined()
    await buried(current())
    expect(await store.retire(quotes, audit)).toBeUndefined()
  })

  test('declaring what is being retired cancels it: next generation, same incarnation', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.retire(quotes, audit)
    await store.removing(quotes, fence, 'dev', 'c9')
    await store.confirmRemoval(quotes, 'dev', 'argocd')
    const revived = await store.declare(declared(quotes))
    expect(revived).toMatchObject({
      result: 'revived',
      record: { intent: 'present', generation: 2, incarnation: 1, status: { phase: 'Pending' } },
    })
    expect((await store.get(quotes))?.removals).toEqual({})
    await expect(store.bury(quotes, fence)).rejects.toBeInstanceOf(Conflict)
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('another origin cannot take what is being retired', async () => {
    const { store } = current()
    await store.declare(declared(quotes))
    await store.retire(quotes, audit)
    const stranger = declared(quotes, { version: 2 }, { origin: { source: 'portal' } })
    expect(await store.declare(stranger)).toMatchObject({ result: 'refused', owner: { source: 'policies' } })
  })

  test('a tombstone keeps what a return must not repeat, and nothing else', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes, 'a', declared(quotes, undefined, { run: 'r1' }))
    const ledger = store.ledger(quotes, fence, 'nats', 'dev')
    await ledger.claim('retained', { id: 'arn', incarnation: 1 })
    await ledger.credential('nats', {
      kind: 'nats',
      generation: 3,
      state: 'current',
      versionId: 'v3',
      publicKey: 'UABC',
      highest: 4,
      expiresAt: 1,
    })
    await store.report(quotes, fence, { ...retired, placements: {} }, { port: 'h' })
    await store.retire(quotes, audit)
    await store.bury(quotes, fence)
    const tombstone = await store.get(quotes)
    expect(tombstone).toMatchObject({
      kind: 'Workload',
      generation: 1,
      incarnation: 1,
      fence,
      status: retired,
      claims: { 'nats/dev/retained': { id: 'arn', incarnation: 1 } },
      reported: {},
      audit: [audit],
    })
    expect(tombstone?.credentials).toEqual({
      'dev/nats': { kind: 'nats', generation: 3, state: 'current', versionId: 'v3', highest: 4 },
    })
    for (const gone of ['spec', 'lease', 'dirty', 'attentionAt', 'runs']) expect(tombstone).not.toHaveProperty(gone)
    expect(await store.list('Workload')).toHaveLength(1)
    expect(await store.due(clock.time * 2, 10)).toEqual([])
  })

  test('a tombstone has no lease to take, and nothing wakes it', async () => {
    const { store, written, clock } = current()
    await buried(current())
    written()
    expect(await store.leases.acquire(quotes, 'b')).toEqual({ result: 'absent' })
    await store.touch(quotes)
    expect(written()).toEqual([])
    expect(await store.due(clock.time * 2, 10)).toEqual([])
  })

  test('burying and releasing twice, after a lost answer, is fine', async () => {
    const { store, written } = current()
    const fence = await buried(current())
    written()
    await store.bury(quotes, fence)
    expect(await store.leases.release(quotes, fence)).toBe('released')
    expect(written()).toEqual([])
  })

  test('what is not being retired is not buried', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await expect(store.bury(quotes, fence)).rejects.toBeInstanceOf(Conflict)
    expect((await store.get(quotes))?.spec).toBeDefined()
  })

  test('a system that was declared again meanwhile is not buried', async () => {
    const { store } = current()
    const fence = await held(current(), system)
    await store.declare(declared(system, { version: 2 }))
    await expect(store.bury(system, fence)).rejects.toBeInstanceOf(Conflict)
    await store.leases.release(system, fence)
    await store.leases.hold(system, fence)
    await store.bury(system, fence)
    expect((await store.get(system))?.spec).toBeUndefined()
  })

  test('who returns is the next incarnation and generation, from whatever origin, and picks up no status', async () => {
    const { store, clock } = current()
    await buried(current())
    const origin = { source: 'portal', revision: 'r1' }
    const returned = await store.declare(declared(quotes, { version: 1 }, { origin, run: 'r1' }))
    expect(returned).toMatchObject({
      result: 'revived',
      record: {
        intent: 'present',
        generation: 2,
        incarnation: 2,
        origin,
        runs: ['r1'],
        status: { phase: 'Pending', observedGeneration: 0, conditions: [], placements: {}, outputs: {} },
        credentials: { 'dev/nats': { generation: 3 } },
        attentionAt: clock.time + grace,
      },
    })
    expect(await store.leases.acquire(quotes, 'b')).toMatchObject({ result: 'acquired', fence: 2 })
  })

  test('of two origins that return at once, one owns it', async () => {
    const { store } = current()
    await buried(current())
    const results = await Promise.all(
      ['a', 'b', 'c'].map(async (source) => store.declare(declared(quotes, { source }, { origin: { source } }))),
    )
    expect(results.map(({ result }) => result).toSorted()).toEqual(['refused', 'refused', 'revived'])
    expect((await store.get(quotes))?.incarnation).toBe(2)
  })

  test('declaring and burying at once: either it was buried and returned, or it was never buried', async () => {
    const { store } = current()
    for (let round = 0; round < 10; round++) {
      const name = `policy-admin/w${round}`
      const ref = { kind: 'Workload', name } as const
      const fence = await held(current(), ref)
      await store.retire(ref, audit)
      const [burial, admission] = await Promise.all([
        store.bury(ref, fence).then(
          () => 'buried',
          () => 'refused',
        ),
        store.declare(declared(ref)),
      ])
      const record = await store.get(ref)
      expect(admission.result).toBe('revived')
      expect(record).toMatchObject({
        intent: 'present',
        spec: { version: 1 },
        incarnation: burial === 'buried' ? 2 : 1,
      })
    }
  })

  test('what was written to the ledger while it was buried is in the tombstone, or was refused', async () => {
    const { store } = current()
    for (let round = 0; round < 10; round++) {
      const ref = { kind: 'Workload', name: `policy-admin/w${round}` } as const
      const fence = await held(current(), ref)
      await store.retire(ref, audit)
      const credential = { kind: 'nats', generation: 4, state: 'issuing', versionId: 'v4' } as const
      const [, write] = await Promise.allSettled([
        store.bury(ref, fence),
        store.ledger(ref, fence, 'nats', 'dev').credential('nats', credential),
      ])
      const tombstone = await store.get(ref)
      expect(tombstone?.spec).toBeUndefined()
      expect(tombstone?.credentials).toEqual(write.status === 'fulfilled' ? { 'dev/nats': credential } : {})
    }
  })

  test('declaring and retiring at once: the last one counts, and the phase says which', async () => {
    const { store } = current()
    for (let round = 0; round < 10; round++) {
      const ref = { kind: 'Workload', name: `policy-admin/w${round}` } as const
      await store.declare(declared(ref))
      const acts = [async () => store.retire(ref, audit), async () => store.declare(declared(ref, { version: 2 }))]
      const results = await Promise.all((round % 2 === 0 ? acts : acts.toReversed()).map(async (act) => act()))
      const revived = results.some(
        (result) => result !== undefined && 'result' in result && result.result === 'revived',
      )
      expect(await store.get(ref)).toMatchObject({
        generation: 2,
        spec: { version: 2 },
        intent: revived ? 'present' : 'retire',
        status: { phase: revived ? 'Pending' : 'Retiring' },
      })
    }
  })
}

/** A workload that had a third-generation credential and is gone. */
async function buried(fixture: StoreFixture): Promise<number> {
  const { store } = fixture
  const fence = await held(fixture, quotes)
  const credential = { kind: 'nats', generation: 3, state: 'current', versionId: 'v3' } as const
  await store.ledger(quotes, fence, 'nats', 'dev').credential('nats', credential)
  await store.retire(quotes, audit)
  await store.bury(quotes, fence)
  return fence
}
