import { expect, test } from 'vitest'
import type { Condition, Status } from '../../domain/records.ts'
import { type StoreFixture, declared, held, quotes, repository, system } from './store-fixture.ts'

const since = '2026-11-20T10:00:00.000Z'
const later = '2026-11-20T11:00:00.000Z'
const iam: Condition = { capability: 'iam', cluster: 'dev', status: 'True', reason: 'Provisioned', message: '', since }
const ecr: Condition = { capability: 'ecr', status: 'True', reason: 'Provisioned', message: '', since }
const ready: Status = {
  phase: 'Ready',
  observedGeneration: 1,
  conditions: [ecr, iam],
  placements: { dev: { commit: 'c1', repository: 'r', deployed: true } },
  outputs: { ecr: { repositoryArn: 'arn' }, 'iam/dev': { roleArn: 'arn' } },
}

export function recordRules(current: () => StoreFixture): void {
  test('a report is written, and the same report is not written again', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    expect(await store.report(quotes, fence, ready, { port: 'h1' })).toBe('updated')
    expect(await store.get(quotes)).toMatchObject({ status: ready, reported: { port: 'h1' } })
    written()
    expect(await store.report(quotes, fence, ready, { port: 'h1' })).toBe('unchanged')
    expect(written()).toEqual([])
  })

  test('order, of conditions and of keys, is no news', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, {})
    written()
    const outputs = { 'iam/dev': { roleArn: 'arn' }, ecr: { repositoryArn: 'arn' } }
    expect(await store.report(quotes, fence, { ...ready, conditions: [iam, ecr], outputs }, {})).toBe('unchanged')
    expect(written()).toEqual([])
  })

  test('a condition keeps its time while it says the same, and gets a new one when it changes', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, {})
    const conditions = [
      { ...ecr, since: later },
      { ...iam, status: 'False', reason: 'Terminal', since: later },
    ] as const
    expect(await store.report(quotes, fence, { ...ready, conditions: [{ ...ecr, since: later }, iam] }, {})).toBe(
      'unchanged',
    )
    expect(await store.report(quotes, fence, { ...ready, conditions }, {})).toBe('updated')
    expect((await store.get(quotes))?.status.conditions.map((condition) => condition.since)).toEqual([since, later])
  })

  test('the same error keeps the time at which it began', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    const failed = (message: string, at: string): Status => ({
      ...ready,
      phase: 'Failed',
      error: { type: 'Terminal', message, at },
    })
    await store.report(quotes, fence, failed('no such role', since), {})
    expect(await store.report(quotes, fence, failed('no such role', later), {})).toBe('unchanged')
    expect(await store.report(quotes, fence, failed('another', later), {})).toBe('updated')
    expect((await store.get(quotes))?.status.error).toEqual({ type: 'Terminal', message: 'another', at: later })
    expect(await store.report(quotes, fence, ready, {})).toBe('updated')
    expect((await store.get(quotes))?.status).toEqual(ready)
  })

  test('ready is said of the latest generation only', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.declare(declared(quotes, { version: 2 }))
    await store.report(quotes, fence, ready, {})
    expect((await store.get(quotes))?.status).toEqual({ ...ready, phase: 'Pending' })
    await store.report(quotes, fence, { ...ready, observedGeneration: 2 }, {})
    expect((await store.get(quotes))?.status.phase).toBe('Ready')
  })

  test('what is being retired is not ready', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.retire(quotes, { who: 'ada', what: 'retire' })
    await store.report(quotes, fence, ready, {})
    expect((await store.get(quotes))?.status.phase).toBe('Retiring')
  })

  test('a change at the same time as a report is not called ready either', async () => {
    const { store } = current()
    for (let round = 0; round < 10; round++) {
      const ref = { kind: 'Workload', name: `policy-admin/w${round}` } as const
      const fence = await held(current(), ref)
      const acts = [
        async () => store.report(ref, fence, ready, {}),
        async () => store.declare(declared(ref, { round })),
      ]
      await Promise.all((round % 2 === 0 ? acts : acts.toReversed()).map(async (act) => act()))
      expect((await store.get(ref))?.status).toMatchObject({ phase: 'Pending', observedGeneration: 1 })
    }
  })

  test('what was reported to one channel leaves the others alone', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, { port: 'h1', github: 'g1' })
    await store.report(quotes, fence, ready, { port: 'h2' })
    expect((await store.get(quotes))?.reported).toEqual({ port: 'h2', github: 'g1' })
  })

  test('answering a run that is not on record writes nothing', async () => {
    const { store, written } = current()
    const fence = await held(current(), quotes)
    await store.report(quotes, fence, ready, {})
    written()
    expect(await store.report(quotes, fence, ready, {}, ['r1'])).toBe('unchanged')
    expect(written()).toEqual([])
  })

  test('functions of one execution write the ledger at the same time, and every entry stays', async () => {
    const { store } = current()
    const fence = await held(current(), quotes)
    const capabilities = ['ecr', 'iam', 'nats', 'secrets']
    const clusters = ['dev', 'prod', 'stage.1']
    await Promise.all(
      capabilities.flatMap((capability) =>
        clusters.map(async (cluster) => {
          const ledger = store.ledger(quotes, fence, capability, cluster)
          await ledger.claim('a/b', { id: `${capability}-${cluster}`, incarnation: 1 })
          await ledger.credential(capability, {
            kind: 'generated',
            generation: 1,
            state: 'current',
            versionId: cluster,
          })
          await ledger.claim('gone', { id: 'x', incarnation: 1 })
          await ledger.release('gone')
        }),
      ),
    )
    const record = await store.get(quotes)
    const keys = capabilities.flatMap((capability) => clusters.map((cluster) => `${capability}/${cluster}/a/b`))
    expect(Object.keys(record?.claims ?? {}).toSorted()).toEqual(keys.toSorted())
    expect(record?.claims['iam/stage.1/a/b']).toEqual({ id: 'iam-stage.1', incarnation: 1 })
    expect(Object.keys(record?.credentials ?? {})).toHaveLength(12)
    expect(record?.credentials['dev/nats']).toMatchObject({ versionId: 'dev' })
  })

  test('a system has claims as well', async () => {
    const { store } = current()
    const fence = await held(current(), system)
    await store.ledger(system, fence, 'tenancy', 'dev').claim('role', { id: 'arn', incarnation: 1 })
    expect((await store.get(system))?.claims).toEqual({ 'tenancy/dev/role': { id: 'arn', incarnation: 1 } })
  })

  test('what reading a source found is written only when it differs', async () => {
    const { store, written } = current()
    const fence = await held(current(), repository)
    const problem = { file: 'fairway.yaml', line: 1, column: 2, message: 'm' }
    const found = {
      head: 'c1',
      declared: ['s/a', 's/b'],
      problems: [problem, { ...problem, line: 2 }],
      braked: ['s/c'],
    }
    await store.reportSource(repository.name, fence, found)
    expect(await store.get(repository)).toMatchObject(found)
    written()
    await store.reportSource(repository.name, fence, {
      ...found,
      declared: ['s/b', 's/a'],
      problems: found.problems.toReversed(),
    })
    expect(written()).toEqual([])
    const { head: _head, ...withoutHead } = found
    await store.reportSource(repository.name, fence, { ...withoutHead, problems: [] })
    expect(await store.get(repository)).toMatchObject({ head: 'c1', problems: [] })
  })

  test('what a commit removed is on record with it, and left alone by whoever does not say', async () => {
    const { store, written } = current()
    const fence = await held(current(), repository)
    const found = { head: 'c1', declared: ['s/a'], problems: [], braked: [] }
    await store.reportSource(repository.name, fence, { ...found, removed: ['s/b'] })
    written()
    await store.reportSource(repository.name, fence, found)
    expect(written()).toEqual([])
    expect(await store.get(repository)).toMatchObject({ removed: ['s/b'] })
    await store.reportSource(repository.name, fence, { ...found, head: 'c2', removed: [] })
    expect(await store.get(repository)).toMatchObject({ head: 'c2', removed: [] })
  })

  test('what is shown beside a commit is on record once, with or without a lease, and never for another commit', async () => {
    const { store, written } = current()
    const fence = await held(current(), repository)
    await store.reportSource(repository.name, fence, { head: 'c1', declared: [], problems: [], braked: [] })
    await store.checked(repository.name, 'c1', { github: 'h1' })
    await store.leases.release(repository, fence)
    await store.checked(repository.name, 'c1', { github: 'h2' })
    expect((await store.get(repository))?.reported).toEqual({ github: 'h2' })
    written()
    await store.checked(repository.name, 'c1', { github: 'h2' })
    await store.checked(repository.name, 'c0', { github: 'h0' })
    await store.checked('nobody', 'c1', { github: 'h1' })
    expect(written()).toEqual([])
    expect((await store.get(repository))?.attentionAt).toBeUndefined()
  })

  test('a go lets exactly the braked removals pass, once, and says who gave it', async () => {
    const { store, clock } = current()
    const fence = await held(current(), repository)
    const found = { head: 'c1', declared: ['s/a', 's/b', 's/c'], problems: [], braked: ['s/a', 's/b'] }
    await store.reportSource(repository.name, fence, found)
    await store.leases.release(repository, fence)
    await store.releaseBrake(repository.name, ['s/a', 's/b', 's/c'], { who: 'ada' })
    const released = await store.get(repository)
    expect(released).toMatchObject({ released: ['s/a', 's/b'], audit: [{ who: 'ada', what: 'let go: s/a, s/b' }] })
    expect(await store.due(clock.time + 60_000, 10)).toEqual([repository])

    const next = await held(current(), repository)
    await store.reportSource(repository.name, next, { ...found, declared: ['s/c'], braked: [] })
    expect((await store.get(repository))?.released).toEqual([])
  })

  test('an old fence may not report on a source', async () => {
    const { store, clock } = current()
    const fence = await held(current(), repository)
    clock.time += 10_000_000
    await store.leases.acquire(repository, 'other')
    const found = { declared: [], problems: [], braked: [] }
    await expect(store.reportSource(repository.name, fence, found)).rejects.toMatchObject({ name: 'Conflict' })
  })

  test('many records are read at once, and listed all, beyond a page', async () => {
    const { store } = current()
    const names = Array.from({ length: 230 }, (_, index) => `policy-admin/w${String(index).padStart(3, '0')}`)
    await Promise.all(names.map(async (name) => store.declare(declared({ kind: 'Workload', name }))))
    expect((await store.list('Workload')).map(({ name }) => name)).toEqual(names)
    const refs = [...names.slice(0, 120), 'policy-admin/nobody'].map((name) => ({ kind: 'Workload', name }) as const)
    const found = await store.getMany(refs)
    expect(found.map(({ name }) => name).toSorted()).toEqual(names.slice(0, 120))
  })

  test('records are listed by what their names begin with, whole and in parts, and no other kind with them', async () => {
    const { store } = current()
    const names = ['claims/a', 'claims/b', 'claims/c', 'claims-old/a', 'claim/a']
    await Promise.all(names.map(async (name) => store.declare(declared({ kind: 'Workload', name }))))
    await store.declare(declared({ kind: 'System', name: 'claims' }))
    const listed = await store.list('Workload', { prefix: 'claims/' })
    expect(listed.map(({ name }) => name)).toEqual(['claims/a', 'claims/b', 'claims/c'])
    const first = await store.page('Workload', { prefix: 'claims/', limit: 2 })
    expect(first.records.map(({ name }) => name)).toEqual(['claims/a', 'claims/b'])
    const rest = await store.page('Workload', { prefix: 'claims/', limit: 2, cursor: first.cursor ?? '' })
    expect(rest.records.map(({ name }) => name)).toEqual(['claims/c'])
  })

  test('operations are kept in order, and the oldest make room', async () => {
    const { store, clock } = current()
    await store.declare(declared(quotes))
    for (let index = 0; index < 105; index++) {
      clock.time += 1000
      await store.transfer(quotes, `source-${index}`, { who: 'ada', what: `transfer ${index}` })
    }
    const audit = (await store.get(quotes))?.audit ?? []
    expect(audit.map(({ what }) => what)).toEqual(Array.from({ length: 100 }, (_, index) => `transfer ${index + 5}`))
  })
}
