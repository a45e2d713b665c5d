import { beforeEach, describe, expect, it } from 'vitest'
import type { Credential } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { asked, bench, generation, nats, quotes, who } from './fixture.ts'
import type { RotateRequest } from './model.ts'

let world: Awaited<ReturnType<typeof bench>>
beforeEach(async () => {
  world = await bench()
})

describe('rotating a workload', () => {
  it('asks for all that Fairway makes, says so on record, and starts it', async () => {
    const answer = await world.rotate({ workload: quotes })
    expect(answer).toMatchObject({ result: 'done', started: [{ name: quotes }] })
    expect(answer.message).toContain('dev/stripe stays as its owner wrote it')
    expect(await world.rotations()).toEqual({ 'dev/nats': asked(3), 'dev/session': asked(1), 'prod/nats': asked(1) })
    expect((await world.record()).audit?.at(-1)).toMatchObject({ who, what: 'rotate dev/nats, dev/session, prod/nats' })
    expect(world.events).toEqual([
      { type: 'RotationRequested', detail: { workload: quotes, reason: `rotation asked by ${who}` } },
    ])
  })

  it.each<[RotateRequest, readonly string[]]>([
    [{ cluster: 'dev' }, ['dev/nats', 'dev/session']],
    [{ entry: 'nats' }, ['dev/nats', 'prod/nats']],
    [{ cluster: 'prod', entry: 'nats' }, ['prod/nats']],
    [{ key: true }, ['dev/nats', 'prod/nats']],
  ])('with %j asks for these only', async (choice, keys) => {
    await world.rotate({ workload: quotes, ...choice })
    expect(Object.keys(await world.rotations())).toEqual(keys)
  })

  it('with its key names the key that is to be replaced, and without overlap says so', async () => {
    await world.rotate({ workload: quotes, entry: 'nats', key: true, now: true })
    expect(await world.rotations()).toMatchObject({ 'dev/nats': asked(3, { issuer: 'A1', now: true }) })
    expect((await world.record()).audit?.at(-1)?.what).toBe('rotate dev/nats, prod/nats with its key without overlap')
  })

  it('after a roll-back replaces the key of the latest generation, which is the role’s', async () => {
    const back = nats(2, { highest: 3, previous: [{ ...generation(3), issuer: 'A2' }] })
    await world.write(quotes, { 'dev/nats': back })
    await world.rotate({ workload: quotes, cluster: 'dev', key: true })
    expect(await world.rotations()).toEqual({ 'dev/nats': asked(3, { issuer: 'A2' }) })
  })

  it('asked again before it is begun changes nothing, and is no second rotation', async () => {
    await world.rotate({ workload: quotes, entry: 'nats' })
    const before = await world.record()
    world.clock.at += 1000
    expect(await world.rotate({ workload: quotes, entry: 'nats' })).toMatchObject({ result: 'unchanged' })
    expect(await world.record()).toEqual(before)
    expect(world.events).toHaveLength(1)
  })

  it('asked again while the next one is being made is on its way already', async () => {
    await world.write(quotes, { 'prod/nats': nats(2, { state: 'issuing', previous: [generation(1)] }) })
    expect(await world.rotate({ workload: quotes, cluster: 'prod' })).toMatchObject({ result: 'unchanged' })
    expect(await world.rotate({ workload: quotes, cluster: 'prod', now: true })).toMatchObject({ result: 'done' })
    expect(await world.rotations()).toEqual({ 'prod/nats': asked(2, { now: true }) })
  })

  it('asked for less takes nothing back of what is still to be done', async () => {
    await world.rotate({ workload: quotes, cluster: 'dev', entry: 'nats', key: true, now: true })
    expect(await world.rotate({ workload: quotes, cluster: 'dev', entry: 'nats' })).toMatchObject({
      result: 'unchanged',
    })
    expect(await world.rotations()).toEqual({ 'dev/nats': asked(3, { issuer: 'A1', now: true }) })
    await world.write(quotes, { 'dev/nats': nats(4, { previous: [generation(3)] }) })
    await world.rotate({ workload: quotes, cluster: 'dev', entry: 'nats' })
    expect(await world.rotations()).toEqual({ 'dev/nats': asked(4, { now: true }) })
  })

  it('asked for more is more', async () => {
    await world.rotate({ workload: quotes, cluster: 'prod' })
    expect(await world.rotate({ workload: quotes, cluster: 'prod', now: true })).toMatchObject({ result: 'done' })
    expect(await world.rotate({ workload: quotes, cluster: 'prod', key: true })).toMatchObject({ result: 'done' })
    expect(await world.rotations()).toEqual({ 'prod/nats': asked(1, { issuer: 'A1', now: true }) })
  })

  it('with its key is asked again when somebody began by the old key in that moment', async () => {
    const put = world.store.rotate.bind(world.store)
    let raced = false
    const late: Store['rotate'] = async (...args) => {
      if (!raced) await world.write(quotes, { 'prod/nats': nats(2, { state: 'issuing', previous: [generation(1)] }) })
      raced = true
      return put(...args)
    }
    await world.rotate({ workload: quotes, cluster: 'prod', key: true }, { ...world.store, rotate: late })
    expect(await world.rotations()).toEqual({ 'prod/nats': asked(2, { issuer: 'A1' }) })
  })

  it.each<[string, RotateRequest, RegExp, RegExp]>([
    ['what its owner writes', { entry: 'stripe' }, /its owner's/, /put-secret-value --secret-id arn:dev\/stripe/],
    ['what is not there', { entry: 'other' }, /no credentials called other/, /dev\/nats, dev\/session/],
    ['a key of what has none', { entry: 'session', key: true }, /no NATS credential/, /leave --key out/],
    ['an account beside it', { account: 'policy-admin/dev' }, /as a whole/, /by itself/],
    ['a roll-back with an end', { to: 2, now: true }, /ends nothing/, /without --key and --now/],
  ])('is refused for %s, with what to do', async (_, request, message, fix) => {
    await expect(world.rotate({ workload: quotes, ...request })).rejects.toMatchObject({
      name: 'Terminal',
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    })
    expect(await world.rotations()).toEqual({})
    expect(world.events).toEqual([])
  })

  it('is refused for a workload that is being retired, or has nothing', async () => {
    await world.workload('policy-admin/none', {})
    await expect(world.rotate({ workload: 'policy-admin/none' })).rejects.toThrow('has no credentials')
    await world.store.retire({ kind: 'Workload', name: quotes }, { who, what: 'retire' })
    await expect(world.rotate({ workload: quotes })).rejects.toThrow('being retired')
    await expect(world.rotate({})).rejects.toThrow('say what to rotate')
  })

  it('leaves out what was given up, whose last generation is all that is left', async () => {
    const ref = { kind: 'Workload', name: quotes } as const
    const taken = await world.store.leases.acquire(ref, 'test')
    if (taken.result !== 'acquired') throw new Error(taken.result)
    await world.store.ledger(ref, taken.fence, 'nats', 'dev').release('secret')
    const retained = { id: 'arn:dev/session', incarnation: 1, retained: true } as const
    await world.store.ledger(ref, taken.fence, 'secrets', 'dev').claim('session', retained)
    await world.rotate({ workload: quotes })
    expect(Object.keys(await world.rotations())).toEqual(['prod/nats'])
  })
})

describe('rolling back', () => {
  const back = (to: number, more: RotateRequest = { cluster: 'dev', entry: 'nats' }) =>
    world.rotate({ workload: quotes, to, ...more })

  it('asks for a generation that still works', async () => {
    expect(await back(2)).toMatchObject({ result: 'done' })
    expect(await world.rotations()).toEqual({ 'dev/nats': { kind: 'roll-back', above: 3, to: 2 } })
    expect((await world.record()).audit?.at(-1)?.what).toBe('roll back dev/nats to generation 2')
    expect(await back(2)).toMatchObject({ result: 'unchanged', message: expect.stringContaining('on its way back') })
    expect(world.events).toHaveLength(1)
  })

  it('to what is in use changes nothing', async () => {
    expect(await back(3)).toMatchObject({ result: 'unchanged', message: expect.stringContaining('in use') })
    expect(await world.rotations()).toEqual({})
  })

  it.each<[string, number, Partial<Credential>, RegExp]>([
    ['never existed', 9, {}, /there was none yet; the latest is 3/],
    ['has ended', 1, {}, /it has ended/],
    ['was revoked after a roll-back', 3, { ...generation(2), highest: 3, previous: [] }, /it has ended/],
    ['has expired', 2, { previous: [{ ...generation(2), expiresAt: 1_799_999_999 }] }, /it expired on 2027-/],
    [
      'would be renewed at once',
      2,
      { previous: [{ ...generation(2), renewAt: 1_799_999_999_000 }] },
      /due for renewal/,
    ],
  ])('to what %s is refused at once, with the reason', async (_, to, credential, reason) => {
    await world.write(quotes, { 'dev/nats': nats(3, credential) })
    await expect(back(to)).rejects.toMatchObject({ name: 'Terminal', message: expect.stringMatching(reason) })
    expect(await world.rotations()).toEqual({})
    expect(world.events).toEqual([])
  })

  it('says which generations can come back', async () => {
    await expect(back(1)).rejects.toMatchObject({ fix: expect.stringMatching(/^2 can; /) })
  })

  it('to what is being revoked is refused', async () => {
    await world.rotate({ workload: quotes, cluster: 'dev', entry: 'nats', now: true })
    await expect(back(2)).rejects.toThrow('a new generation of dev/nats is being made')
    await world.write(quotes, { 'dev/nats': nats(4, { previous: [generation(2), generation(3)] }) })
    await expect(back(3)).rejects.toThrow('it is being revoked')
  })

  it('is refused while a generation is being made', async () => {
    await world.write(quotes, { 'dev/nats': nats(4, { state: 'issuing', previous: [generation(3)] }) })
    await expect(back(3)).rejects.toThrow('is being made')
  })

  it('must say which credential: generations are counted for each', async () => {
    await expect(back(2, {})).rejects.toThrow('these are several: dev/nats, dev/session, dev/stripe, prod/nats')
    await expect(back(1, { entry: 'stripe' })).rejects.toThrow("its owner's")
  })
})
