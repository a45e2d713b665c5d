import { describe, expect, test } from 'vitest'
import { claimsOf } from '../../capabilities/nats/account.ts'
import type { AccountRecord } from '../../capabilities/nats/account.ts'
import { nats } from '../../capabilities/nats/index.ts'
import { memoryProvider } from '../../capabilities/nats/memory.ts'
import type { Claims } from '../../capabilities/nats/jwt.ts'
import { versionToken } from '../../domain/names.ts'
import { observeEntry } from '../../secretentries/index.ts'
import { createWorld, memoryWorld, virtualClock } from './natsworld.ts'
import type { Placement, World } from './natsworld.ts'

/** One serialised writer per account, whatever happens around it. */

const quotes = { workload: 'quotes', nats: { publish: ['quotes.created'] } }
const key = 'nats-account#policy-admin/dev'

async function record(world: World): Promise<AccountRecord> {
  return (await world.remote.table.get(key)) as unknown as AccountRecord
}

function workload(index: number): Placement {
  return { workload: `w${index}`, nats: { publish: [`quotes.${index}`], request: ['policies.find'] } }
}

/** What each server has, by role. */
function rolesOn(world: Awaited<ReturnType<typeof memoryWorld>>, account: string): string[][] {
  return world.servers.state.map(({ store }) => {
    const keys = store[account]?.claims.nats['signing_keys'] as readonly { role: string }[] | undefined
    return (keys ?? []).map(({ role }) => role)
  })
}

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

  test('a writer that died holding the lease is waited for, and then replaced', async () => {
    const world = await memoryWorld()
    let dead = false
    world.hooks.before = (call) => {
      dead ||= call === 'nats.push'
      if (dead) fail()
    }
    await expect(world.once(quotes)).rejects.toThrow('died')
    revive(world)
    const { lease } = await record(world)
    expect(lease?.until).toBeGreaterThan(world.clock.now())
    await expect(world.once(quotes)).rejects.toMatchObject({ name: 'RetryLater' })
    expect(await world.reconcile(quotes)).toMatchObject({ ok: true })
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

describe('refusals', () => {
  test('an account stays with the operator that it was made under', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const { url } = world.target
    const other = world.subject(quotes)
    world.subject = () => ({
      ...other,
      cluster: { ...other.cluster, spec: { ...other.cluster.spec, nats: { url, operator: 'other' } } },
    })
    expect(await world.once(quotes)).toMatchObject({ failure: { fix: expect.stringContaining('operator main') } })
  })

  test('a Cluster that changes its environment under its roles is told to retire them first', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const moved = await world.once({ ...quotes, environment: 'prod' })
    expect(moved).toMatchObject({ ok: false, failure: { message: expect.stringContaining('policy-admin/dev') } })
    expect(await world.reconcile({ workload: 'quotes', environment: 'prod' })).toMatchObject({ result: 'absent' })
    expect((await record(world)).roles).toEqual({})
  })

  test.each([
    ['System', (subject: ReturnType<World['subject']>) => delete (subject.system.spec as { nats?: unknown }).nats],
    ['Cluster', (subject: ReturnType<World['subject']>) => delete (subject.cluster.spec as { nats?: unknown }).nats],
  ])('a workload that wants NATS where the %s has none is told who declares it', async (kind, without) => {
    const world = await memoryWorld()
    const subject = world.subject(quotes)
    without(subject)
    world.subject = () => subject
    expect(await world.once(quotes)).toMatchObject({
      failure: { type: 'Terminal', fix: expect.stringContaining(`in the ${kind}`) },
    })
  })

  test('an account is warned about at 60 % of its limit, takes no 1,500th role, and still changes and loses those it has', async () => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const { roles } = await record(world)
    const fill = async (count: number) => {
      const filler = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`dev/f${index}`, roles['dev/quotes']!]),
      )
      await world.remote.table.update(key, { set: [[['roles'], { ...roles, ...filler }]], add: [[['wanted'], 1]] })
    }
    await fill(850)
    await world.reconcile(workload(1))
    expect(world.warnings).toEqual([])
    await fill(900)
    await world.reconcile(workload(1))
    expect(world.warnings.join()).toContain('of 1,499 roles')
    await fill(1498)
    expect(await world.once(workload(2))).toMatchObject({
      failure: {
        type: 'Terminal',
        message: expect.stringContaining('1,500 of 1,499 roles'),
        fix: expect.stringContaining('split'),
      },
    })
    expect(await world.reconcile({ workload: 'quotes' })).toMatchObject({ ok: true, result: 'absent' })
  })
})

/** Dies at one call, before or after it was made; and nothing that the dead would still do happens. */
function crashAt(world: World, index: number, when: 'before' | 'after'): void {
  let calls = 0
  let dead = false
  world.hooks.before = () => {
    if (dead) fail()
    if (calls++ === index && when === 'before') {
      dead = true
      fail()
    }
  }
  world.hooks.after = () => {
    if (dead) fail()
    if (calls - 1 === index && when === 'after') {
      dead = true
      fail()
    }
  }
}

function fail(): never {
  throw new Error('died')
}

function revive(world: World): void {
  world.hooks.before = () => undefined
  world.hooks.after = () => undefined
}

describe('a crash at any call', () => {
  const wider = { ...quotes, nats: { publish: ['quotes.created', 'quotes.changed'] } }
  const secret = 'fairway/acme/dev/policy-admin/quotes/nats'
  const stories: readonly (readonly [string, readonly Placement[], number, number])[] = [
    ['of the first issue converges on one generation', [quotes], 0, 1],
    ['of a changed permission leaves the credentials alone', [quotes, wider], 0, 1],
    ['of a renewal converges on the next generation', [quotes, quotes], 24, 2],
    ['of a removal leaves nothing behind', [quotes, { workload: 'quotes' }], 0, 1],
    ['of a return gives it new keys', [quotes, { workload: 'quotes' }, quotes], 0, 2],
  ]

  test.each(stories)('%s', async (_name, steps, days, generation) => {
    const last = steps.at(-1)!
    const prepare = async () => {
      const world = await memoryWorld()
      for (const step of steps.slice(0, -1)) await world.reconcile(step)
      world.clock.advance(days * 86_400_000)
      return world
    }
    const whole = await prepare()
    let calls = 0
    whole.hooks.before = () => void calls++
    await whole.reconcile(last)
    expect(calls).toBeGreaterThan(8)
    for (let index = 0; index < calls; index++) {
      for (const when of ['before', 'after'] as const) {
        const world = await prepare()
        crashAt(world, index, when)
        await world.once(last).catch(() => undefined)
        revive(world)
        expect(await world.reconcile(last), `${when} call ${index}`).toMatchObject({ ok: true })
        expect(await world.once(last)).toMatchObject({ result: last.nats ? 'unchanged' : 'absent' })
        const { publicKey, roles } = await record(world)
        expect(Object.keys(roles)).toEqual(last.nats ? ['dev/quotes'] : [])
        expect(rolesOn(world, publicKey)).toEqual([Object.keys(roles)])
        const memory = world.memoryOf(last)
        expect(memory.credentials['nats']).toMatchObject({ generation, state: 'current' })
        expect(Object.keys(memory.claims)).toEqual(last.nats ? ['role', 'secret'] : [])
        const entry = await observeEntry(world.remote.secrets, secret)
        if (!last.nats) expect(entry.status).toBe('scheduled-deletion')
        else if (entry.status !== 'present') expect.fail(entry.status)
        else {
          const versions = Array.from({ length: generation }, (_, each) => versionToken(secret, 1, each + 1))
          expect(Object.keys(entry.versions).toSorted()).toEqual(versions.toSorted())
        }
      }
    }
  })

  test('a repeated mint gives the same bytes', async () => {
    const values: string[] = []
    for (const attempt of [0, 1]) {
      const clock = virtualClock()
      const twin = memoryProvider({ clock })
      const world = await createWorld({ clock, provider: async () => twin })
      world.hooks.before = (call) => {
        if (call === 'secrets.PutSecretValue' && attempt === 1) fail()
      }
      await world.once(quotes).catch(() => undefined)
      revive(world)
      clock.advance(attempt * 3_600_000)
      const { admits } = twin
      twin.admits = async (target, credentials) => {
        const { reveal } = await import('../../domain/secret.ts')
        values.push(reveal(credentials))
        return admits(target, credentials)
      }
      world.memoryOf(quotes).credentials['nats'] = { ...world.memoryOf(quotes).credentials['nats']!, state: 'issuing' }
      await world.reconcile(quotes)
    }
    expect(values).toHaveLength(2)
    expect(values[0]).toBe(values[1])
  })
})

test('the provisioner says that it works per placement, and never waits for anybody', () => {
  expect([nats.name, nats.per]).toEqual(['nats', 'placement'])
})
