import { describe, expect, test } from 'vitest'
import { claimsOf } from '../../capabilities/nats/account.ts'
import type { AccountRecord } from '../../capabilities/nats/account.ts'
import type { Claims } from '../../capabilities/nats/jwt.ts'
import { die, quotes, record, recordKey, revive, rolesOn, workload } from './nats-accounts.ts'
import { memoryWorld } from './natsworld.ts'

/** One serialised writer per account, whatever happens around it. */

describe('many at once', () => {
  test('50 placements declared together end in one account with all their roles, in a few pushes more than a second apart', async () => {
    const world = await memoryWorld(3)
    world.servers.faults.diverge = true
    const times: number[] = []
    world.hooks.before = (call) => void (call === 'nats.push' && times.push(world.clock.now()))
    const placements = Array.from({ length: 50 }, (_, index) => workload(index))
    const outcomes = await Promise.all(placements.map((placement) => world.reconcile(placement)))
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    const { publicKey, roles, wanted, pushed } = await record(world)
    const names = placements.map((placement) => `dev/${placement.workload}`).toSorted()
    expect(Object.keys(roles).toSorted()).toEqual(names)
    expect(rolesOn(world, publicKey)).toEqual([names, names, names])
    expect(pushed?.generation).toBe(wanted)
    expect(times.length).toBeLessThanOrEqual(4)
    for (const [index, time] of times.slice(1).entries()) expect(time - (times[index] ?? 0)).toBeGreaterThan(1000)
    for (const placement of placements) expect(await world.once(placement)).toMatchObject({ result: 'unchanged' })
  })

  test('a writer that died holding the lease is waited for by others, and carries on itself', async () => {
    const world = await memoryWorld()
    let dead = false
    world.hooks.before = (call) => {
      dead ||= call === 'nats.push'
      if (dead) die()
    }
    await expect(world.once(quotes)).rejects.toThrow('died')
    revive(world)
    const { lease } = await record(world)
    expect(lease?.until).toBeGreaterThan(world.clock.now())
    await expect(world.once(workload(1))).rejects.toMatchObject({ name: 'RetryLater' })
    expect(await world.once(quotes)).toMatchObject({ ok: true })
    expect(await world.reconcile(workload(1))).toMatchObject({ ok: true })
  })

  test('a lease that nobody gave back runs out', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const lease = { holder: 'dev/gone', until: world.clock.now() + 5000 }
    await world.remote.table.update(recordKey, { set: [[['lease'], lease]] })
    await expect(world.once(workload(1))).rejects.toMatchObject({ name: 'RetryLater' })
    world.clock.advance(5001)
    expect(await world.once(workload(1))).toMatchObject({ ok: true })
  })

  test('the time in the claims grows with every push, also when the clock went back', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const before = (await record(world)).pushed?.issuedAt ?? 0
    world.clock.advance(-600_000)
    await world.reconcile({ ...quotes, nats: { publish: ['quotes.changed'] } })
    expect((await record(world)).pushed?.issuedAt).toBeGreaterThan(before)
  })

  test('two clusters of one environment share the account, and neither key nor inbox', async () => {
    const world = await memoryWorld()
    const west = { workload: 'quotes', cluster: 'west', nats: { request: ['policies.find'] } }
    const east = { ...west, cluster: 'east' }
    await world.reconcile(west)
    await world.reconcile(east)
    const [a, b] = [await world.output(west), await world.output(east)]
    expect(a.account).toBe(b.account)
    expect(a.inboxPrefix).not.toBe(b.inboxPrefix)
    const { roles } = await record(world)
    expect(roles['west/quotes']?.key).not.toBe(roles['east/quotes']?.key)
  })
})

describe('what the servers show', () => {
  async function forge(change: (claims: Claims, record: AccountRecord) => Claims) {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const held = await record(world)
    await world.servers.push(world.target, change(claimsOf(held), held), 1)
    world.calls.length = 0
    return world
  }
  const tagged = (claims: Claims, tags: readonly string[], more: object = {}): Claims => ({
    ...claims,
    nats: { ...claims.nats, tags, ...more },
  })

  test.each([
    ['a higher generation', 'Fairway has made 1', (claims: Claims) => tagged(claims, ['fairway-gen:9'])],
    [
      'other claims of the same generation',
      'other claims',
      (claims: Claims) => tagged(claims, ['fairway-gen:1'], { limits: {} }),
    ],
    ['claims without a generation', 'did not write', (claims: Claims) => tagged(claims, [])],
  ])('%s is another writer: nothing is written anywhere, and a person is told', async (_case, message, change) => {
    const world = await forge(change)
    const told = {
      type: 'Terminal',
      message: expect.stringContaining(message),
      fix: expect.stringContaining('who else writes'),
    }
    for (const placement of [quotes, workload(1), { workload: 'quotes' }]) {
      expect(await world.once(placement)).toMatchObject({ ok: false, failure: told })
    }
    expect(world.calls.filter((call) => !/get|read|DescribeSecret/.test(call))).toEqual([])
  })

  test('another writer that appears between plan and push is not overwritten', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const forged = tagged(claimsOf(await record(world)), ['fairway-gen:9'])
    world.hooks.after = (call) => void (call === 'table.update' && world.servers.push(world.target, forged, 1))
    const outcome = await world.once({ ...quotes, nats: { publish: ['quotes.changed'] } })
    expect(outcome).toMatchObject({ ok: false, failure: { type: 'Terminal' } })
    expect(world.calls.filter((call) => call === 'nats.push')).toHaveLength(1)
  })

  test('a server of a cluster that stayed behind gets what the others have', async () => {
    const world = await memoryWorld(3)
    await world.reconcile(quotes)
    const { publicKey } = await record(world)
    const old = world.servers.state[1]?.store[publicKey]
    await world.reconcile(workload(1))
    world.servers.state[1]!.store[publicKey] = old!
    expect(await world.reconcile(workload(1))).toMatchObject({ result: 'updated' })
    expect(rolesOn(world, publicKey)[1]).toEqual(['dev/quotes', 'dev/w1'])
  })

  test('a claim that is missing on record is written again, and nothing is pushed', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    delete world.memoryOf(quotes).claims['role']
    world.calls.length = 0
    expect(await world.reconcile(quotes)).toMatchObject({ ok: true })
    expect(Object.keys(world.memoryOf(quotes).claims)).toContain('role')
    expect(world.calls).not.toContain('nats.push')
    expect((await record(world)).wanted).toBe(1)
  })

  test('an older generation is repaired by pushing', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const old = claimsOf(await record(world))
    await world.reconcile(workload(1))
    await world.servers.push(world.target, old, 1)
    expect(await world.reconcile(quotes)).toMatchObject({ ok: true, result: 'updated' })
    const { publicKey } = await record(world)
    expect(rolesOn(world, publicKey)).toEqual([['dev/quotes', 'dev/w1']])
  })

  test('a server that lost the account gets it again, and no credential is touched', async () => {
    const world = await memoryWorld(3)
    await world.reconcile(quotes)
    const before = await world.output(quotes)
    const { publicKey } = await record(world)
    delete world.servers.state[1]?.store[publicKey]
    expect(await world.reconcile(quotes)).toMatchObject({ ok: true, result: 'updated' })
    expect(rolesOn(world, publicKey)).toEqual([['dev/quotes'], ['dev/quotes'], ['dev/quotes']])
    expect(await world.output(quotes)).toEqual(before)
  })

  test('a push that one server did not hear is not done, and is done when it is back', async () => {
    const world = await memoryWorld(3)
    await world.reconcile(quotes)
    world.servers.faults.silent.add(2)
    const change = { ...quotes, nats: { publish: ['quotes.changed'] } }
    await expect(world.once(change)).rejects.toMatchObject({ name: 'RetryLater' })
    expect((await record(world)).pushed?.generation).toBe(1)
    world.servers.faults.silent.clear()
    expect(await world.reconcile(change)).toMatchObject({ ok: true })
    expect((await record(world)).pushed?.generation).toBe(2)
  })

  test('a push that servers took and do not work with is not done', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    world.servers.faults.untrusted = true
    const change = { ...quotes, nats: { publish: ['quotes.changed'] } }
    await expect(world.once(change)).rejects.toMatchObject({ name: 'RetryLater' })
    expect((await record(world)).pushed?.generation).toBe(1)
    world.servers.faults.untrusted = false
    expect(await world.reconcile(change)).toMatchObject({ ok: true })
  })

  test('an account that was signed with a replaced key of the operator is pushed again', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const { publicKey } = await record(world)
    const held = world.servers.state[0]?.store[publicKey]
    if (held) Object.assign(held, { issuer: 'the key before' })
    Object.assign(world.servers.state[0]?.memory ?? {}, { [publicKey]: held })
    expect(await world.reconcile(quotes)).toMatchObject({ result: 'updated' })
    expect(await world.once(quotes)).toMatchObject({ result: 'unchanged' })
  })
})
