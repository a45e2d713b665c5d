import { expect, test } from 'vitest'
import { specHash } from '../../domain/hash.ts'
import { type StoreFixture, declared, grace, held, lease, quotes, repository, system } from './store-fixture.ts'

export function admissionRules(current: () => StoreFixture): void {
  test('what was never declared is created: first generation, first incarnation, pending', async () => {
    const { store, clock } = current()
    const admission = await store.declare(declared(quotes))
    expect(admission).toMatchObject({
      result: 'created',
      record: {
        kind: 'Workload',
        name: 'policy-admin/quotes',
        system: 'policy-admin',
        intent: 'present',
        spec: { version: 1 },
        specHash: specHash({ version: 1 }),
        generation: 1,
        incarnation: 1,
        fence: 0,
        origin: { source: 'policies', path: 'fairway.yaml', line: 1, revision: 'c1' },
        status: { phase: 'Pending', observedGeneration: 0, conditions: [], placements: {}, outputs: {} },
        claims: {},
        credentials: {},
        reported: {},
        attentionAt: clock.time + grace,
      },
    })
    expect(await store.get(quotes)).toEqual(admission.result === 'refused' ? undefined : admission.record)
  })

  test('every kind can be declared and listed', async () => {
    const { store } = current()
    await store.declare(declared(system))
    await store.declare(declared(repository))
    await store.declare(declared({ kind: 'Cluster', name: 'dev' }))
    expect(await store.list('System')).toMatchObject([{ name: 'policy-admin', claims: {} }])
    expect(await store.list('Source')).toMatchObject([{ name: 'policies', declared: [], problems: [], braked: [] }])
    expect(await store.list('Cluster')).toMatchObject([{ name: 'dev' }])
    expect(await store.list('Workload')).toEqual([])
  })

  test('the same spec again, from whatever commit and in whatever order of keys, writes nothing', async () => {
    const { store, written } = current()
    await store.declare(declared(quotes, { a: 1, b: { c: [1], d: 2 } }))
    written()
    const origin = { source: 'policies', path: 'fairway.yaml', line: 12, revision: 'c2' }
    const again = await store.declare(declared(quotes, { b: { d: 2, c: [1] }, a: 1 }, { origin }))
    expect(again).toMatchObject({ result: 'unchanged', record: { generation: 1, origin: { revision: 'c1' } } })
    expect(written()).toEqual([])
  })

  test('a manifest that moved to another file is unchanged, found in its new place, and of the revision that declared it', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence)
    const origin = { source: 'policies', path: '.fairway/quotes.yaml', line: 3, revision: 'c2' }
    expect(await store.declare(declared(quotes, undefined, { origin }))).toMatchObject({ result: 'unchanged' })
    expect(await store.get(quotes)).toMatchObject({ origin: { ...origin, revision: 'c1' }, generation: 1 })
    expect(await store.due(clock.time + lease, 10)).toEqual([])
  })

  test('another spec is the next generation, pending, and due soon', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence)
    const admission = await store.declare(declared(quotes, { version: 2 }))
    expect(admission).toMatchObject({
      result: 'updated',
      record: { generation: 2, incarnation: 1, spec: { version: 2 }, status: { phase: 'Pending' } },
    })
    expect(await store.get(quotes)).toMatchObject({ attentionAt: clock.time + grace })
  })

  test('a change does not put off what is due earlier', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence, clock.time + 10)
    await store.declare(declared(quotes, { version: 2 }))
    expect((await store.get(quotes))?.attentionAt).toBe(clock.time + 10)
  })

  test('a change under a lease is told to its holder, and the sweep still watches the lease', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.declare(declared(quotes, { version: 2 }))
    expect(await store.get(quotes)).toMatchObject({ dirty: true, attentionAt: clock.time + lease })
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('another origin is refused with the place of the first, and writes nothing', async () => {
    const { store, written } = current()
    await store.declare(declared(quotes))
    written()
    const stranger = declared(quotes, { version: 2 }, { origin: { source: 'portal' } })
    expect(await store.declare(stranger)).toEqual({
      result: 'refused',
      owner: { source: 'policies', path: 'fairway.yaml', line: 1, revision: 'c1' },
    })
    expect(written()).toEqual([])
  })

  test('of two origins that declare at once, one owns it and the other is refused', async () => {
    const { store } = current()
    const sources = Array.from({ length: 20 }, (_, index) => `source-${index}`)
    const results = await Promise.all(
      sources.map(async (source) => store.declare(declared(quotes, { source }, { origin: { source } }))),
    )
    expect(results.filter(({ result }) => result === 'created')).toHaveLength(1)
    expect(results.filter(({ result }) => result === 'refused')).toHaveLength(19)
    const owner = (await store.get(quotes))?.origin.source
    expect(results[sources.indexOf(owner ?? '')]?.result).toBe('created')
  })

  test('many changes at once are as many generations', async () => {
    const { store } = current()
    await store.declare(declared(quotes, { version: 0 }))
    const versions = Array.from({ length: 20 }, (_, index) => index + 1)
    const results = await Promise.all(versions.map(async (version) => store.declare(declared(quotes, { version }))))
    expect(results.every(({ result }) => result === 'updated')).toBe(true)
    expect((await store.get(quotes))?.generation).toBe(21)
  })

  test('a run that wants an answer is kept with the workload, and somebody looks', async () => {
    const { store, clock } = current()
    await store.declare(declared(quotes, undefined, { run: 'r1' }))
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence)
    clock.time += 1
    expect(await store.declare(declared(quotes, undefined, { run: 'r2' }))).toMatchObject({ result: 'unchanged' })
    expect(await store.get(quotes)).toMatchObject({ runs: ['r1', 'r2'], attentionAt: clock.time + grace })
  })

  test('a run that is known already writes nothing', async () => {
    const { store, written } = current()
    await store.declare(declared(quotes, undefined, { run: 'r1' }))
    written()
    await store.declare(declared(quotes, undefined, { run: 'r1' }))
    expect(written()).toEqual([])
  })

  test('an answered run goes without taking along one that came meanwhile', async () => {
    const { store } = current()
    const fence = await held(current(), quotes, 'a', declared(quotes, undefined, { run: 'r1' }))
    const record = await store.leases.hold(quotes, fence)
    await Promise.all([
      store.report(quotes, fence, record.status, {}, ['r1']),
      store.declare(declared(quotes, undefined, { run: 'r2' })),
    ])
    expect((await store.get(quotes))?.runs).toEqual(['r2'])
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('a transferred resource is admitted from its new origin, and refused from the old one', async () => {
    const { store, clock } = current()
    await store.declare(declared(quotes))
    await store.transfer(quotes, 'portal', { who: 'ada', what: 'transfer to portal' })
    expect(await store.declare(declared(quotes, { version: 2 }))).toMatchObject({ result: 'refused' })
    const moved = declared(quotes, { version: 2 }, { origin: { source: 'portal', revision: 'r1' } })
    expect(await store.declare(moved)).toMatchObject({ result: 'updated' })
    const at = new Date(clock.time).toISOString()
    expect((await store.get(quotes))?.audit).toEqual([{ at, who: 'ada', what: 'transfer to portal' }])
  })

  test('a transfer and a declaration at once do not undo each other', async () => {
    const { store } = current()
    for (let round = 0; round < 10; round++) {
      const source = (await store.get(quotes))?.origin.source ?? 'policies'
      await store.declare(declared(quotes, { round }, { origin: { source } }))
      const spec = { round, changed: true }
      const [, admission] = await Promise.all([
        store.transfer(quotes, `source-${round}`, { who: 'ada', what: 'transfer' }),
        store.declare(declared(quotes, spec, { origin: { source } })),
      ])
      const record = await store.get(quotes)
      expect(record?.origin.source).toBe(`source-${round}`)
      expect(record?.spec).toEqual(admission.result === 'updated' ? spec : { round })
    }
  })

  test('touching wakes the holder, or makes it due now', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.touch(quotes)
    expect(await store.leases.release(quotes, fence)).toBe('again')
    await store.leases.hold(quotes, fence)
    await store.leases.release(quotes, fence)
    await store.touch(quotes)
    expect(await store.due(clock.time, 10)).toEqual([quotes])
    await store.touch({ kind: 'Workload', name: 'policy-admin/nobody' })
  })

  test('touching under a lease that ran out still tells its holder, who may renew it', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    clock.time += lease + 1
    await store.touch(quotes)
    await store.leases.hold(quotes, fence)
    expect(await store.leases.release(quotes, fence)).toBe('again')
  })

  test('touching what is due already writes nothing', async () => {
    const { store, clock, written } = current()
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence, clock.time - 1)
    written()
    await store.touch(quotes)
    expect(written()).toEqual([])
  })

  test('adopting records the claims as adopted and has somebody look', async () => {
    const { store, clock } = current()
    const fence = await held(current(), quotes)
    await store.leases.release(quotes, fence)
    await store.adopt(quotes, { 'iam/dev/role': { id: 'arn:x', incarnation: 1 } }, { who: 'ada', what: 'adopt' })
    expect(await store.get(quotes)).toMatchObject({
      claims: { 'iam/dev/role': { id: 'arn:x', incarnation: 1, adopted: true } },
      attentionAt: clock.time + grace,
      audit: [{ who: 'ada', what: 'adopt' }],
    })
  })

  test('what does not exist can be neither transferred nor adopted for', async () => {
    const { store } = current()
    const audit = { who: 'ada', what: 'x' }
    await expect(store.transfer(quotes, 'portal', audit)).rejects.toThrow(/there is no Workload/)
    await expect(store.adopt(quotes, {}, audit)).rejects.toThrow(/there is no Workload/)
  })
}
