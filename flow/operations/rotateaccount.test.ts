import { beforeEach, describe, expect, it } from 'vitest'
import { asked, bench, nats, quotes, who } from './fixture.ts'

let world: Awaited<ReturnType<typeof bench>>
beforeEach(async () => {
  world = await bench()
})

describe('rotating a NATS account', () => {
  beforeEach(async () => {
    await world.store.declare({ ref: { kind: 'System', name: 'policy-admin' }, spec: {}, origin: { source: 'apply' } })
    for (const [name, environment] of [
      ['dev', 'dev'],
      ['prod', 'prod'],
      ['prod-b', 'prod'],
    ] as const) {
      await world.store.declare({ ref: { kind: 'Cluster', name }, spec: { environment }, origin: { source: 'apply' } })
    }
    await world.workload('policy-admin/mailer', { 'prod-b/nats': nats(5, { issuer: 'A7' }), 'dev/nats': nats(1) })
    await world.workload('policy-admin/static', {
      'prod/session': { kind: 'generated', generation: 1, state: 'current', versionId: 'v' },
    })
    await world.workload('policy-adminx/other', { 'prod/nats': nats(1) })
    await world.workload('claims/other', { 'prod/nats': nats(1) })
  })

  it('asks every role of it for another key, and nobody else', async () => {
    const answer = await world.rotate({ account: 'policy-admin/prod' })
    expect(answer).toMatchObject({ result: 'done', message: expect.stringContaining('2 workloads') })
    expect(answer.started?.map(({ name }) => name)).toEqual(['policy-admin/mailer', quotes])
    expect(await world.rotations('policy-admin/mailer')).toEqual({ 'prod-b/nats': asked(5, { issuer: 'A7' }) })
    expect(await world.rotations()).toEqual({ 'prod/nats': asked(1, { issuer: 'A1' }) })
    for (const other of ['policy-admin/static', 'policy-adminx/other', 'claims/other']) {
      expect(await world.rotations(other)).toEqual({})
    }
    expect(world.events.map(({ detail }) => detail)).toMatchObject([
      { workload: 'policy-admin/mailer' },
      { workload: quotes },
    ])
    expect((await world.record()).audit?.at(-1)).toMatchObject({
      who,
      what: 'rotate the NATS account policy-admin/prod',
    })
  })

  it('asked again changes nothing, and takes up what a first try left out', async () => {
    await world.rotate({ account: 'policy-admin/prod' })
    const before = await world.record()
    world.clock.at += 1000
    expect(await world.rotate({ account: 'policy-admin/prod' })).toMatchObject({ result: 'unchanged' })
    expect(await world.record()).toEqual(before)
    await world.workload('policy-admin/new', { 'prod/nats': nats(1) })
    const answer = await world.rotate({ account: 'policy-admin/prod' })
    expect(answer.message).toBe(
      'policy-admin/prod: new keys and credentials for 1 workload, for 2 they are on their way already',
    )
  })

  it('without overlap ends all of them at once', async () => {
    await world.rotate({ account: 'policy-admin/prod', now: true })
    expect(await world.rotations()).toMatchObject({ 'prod/nats': { issuer: 'A1', now: true } })
  })

  it('finds every workload of a fleet that comes in parts', async () => {
    for (let index = 0; index < 600; index++) await world.workload(`aaa/w${index}`, {})
    for (let index = 0; index < 130; index++) await world.workload(`policy-admin/w${index}`, { 'prod/nats': nats(1) })
    expect((await world.rotate({ account: 'policy-admin/prod' })).started).toHaveLength(132)
  })

  it.each([
    ['policy-admin', /is no NATS account/],
    ['policy-admin/prod/x', /is no NATS account/],
    ['nobody/prod', /no System nobody/],
    ['policy-admin/test', /nobody has credentials/],
  ])('is refused for %s', async (account, message) => {
    await expect(world.rotate({ account })).rejects.toThrow(message)
  })

  it('leaves out what is being retired', async () => {
    await world.store.retire({ kind: 'Workload', name: quotes }, { who, what: 'retire' })
    expect((await world.rotate({ account: 'policy-admin/prod' })).started).toHaveLength(1)
    expect(await world.rotations()).toEqual({})
  })
})
