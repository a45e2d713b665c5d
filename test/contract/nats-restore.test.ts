import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../domain/effects.ts'
import { memoryTable } from '../../store/memory.ts'
import { natsBinaries, providerFor, startServers } from './nats.ts'
import { crashAt, quotes, record, recordKey, revive, workload } from './nats-accounts.ts'
import { createWorld, memoryWorld } from './natsworld.ts'
import type { Placement, World } from './natsworld.ts'

/** The table is lost, and what it said of accounts and credentials is found again: on servers, and in the entries. */

const returned = { ...workload(2), incarnation: 3 }
const everybody: readonly Placement[] = [quotes, workload(1), returned]

/** As `fairway restore` marks it. */
function lose(world: World, marked: readonly Placement[] = everybody): void {
  Object.assign(world.remote.table, memoryTable())
  world.memories.clear()
  for (const placement of marked) Object.assign(world.memoryOf(placement), { restoring: true })
}

function known(world: World) {
  return everybody.map((placement) => {
    const { claims, credentials } = world.memoryOf(placement)
    const { reason: _, ...credential } = credentials['nats'] ?? { reason: 'none' }
    return { claims: structuredClone(claims), credential }
  })
}

const costly = new Set(['secrets.PutSecretValue', 'nats.push', 'secrets.CreateSecret', 'control.CreateSecret'])
const costs = (world: World) => world.calls.filter((call) => costly.has(call))

/** Loses everything and finds it again; answers what that cost. */
async function found(world: World): Promise<readonly string[]> {
  const before = { known: known(world), roles: (await record(world)).roles, wanted: (await record(world)).wanted }
  lose(world)
  world.calls.length = 0
  for (const placement of everybody) expect(await world.reconcile(placement)).toMatchObject({ ok: true })
  const paid = costs(world)
  expect(known(world)).toEqual(before.known)
  expect(await record(world)).toMatchObject({ roles: before.roles, wanted: before.wanted })
  for (const placement of everybody) expect(await world.reconcile(placement)).toMatchObject({ result: 'unchanged' })
  return paid
}

test.each([1, 3])(
  'in memory, %i servers: everything is found again, and nothing is minted or pushed',
  async (servers) => {
    const world = await memoryWorld(servers)
    for (const placement of everybody) await world.reconcile(placement)
    expect(await found(world)).toEqual([])
  },
)

const binaries = await natsBinaries()

describe.skipIf(binaries.length === 0).each(binaries)('$label', ({ path }) => {
  test.each([1, 3])('%i servers: everything is found again, and nothing is minted or pushed', async (count) => {
    const servers = await startServers(path, count)
    const provider = (control: Parameters<typeof providerFor>[0]) => providerFor(control, servers.operator)
    const world = await createWorld({ clock: systemClock, target: servers.target, provider })
    onTestFinished(async () => {
      await world.remote.provider.close()
      await servers.stop()
    })
    for (const placement of everybody) await world.reconcile(placement)
    expect(await found(world)).toEqual([])
  })
})

describe('on the way', () => {
  test('P4: dying at any call, before or after it, loses nothing and mints nothing', async () => {
    const world = await memoryWorld()
    for (const placement of everybody) await world.reconcile(placement)
    const before = known(world)[0]
    lose(world)
    world.calls.length = 0
    await world.reconcile(quotes)
    const calls = world.calls.length
    expect(calls).toBeGreaterThan(8)
    for (let index = 0; index < calls; index++) {
      for (const when of ['before', 'after'] as const) {
        lose(world)
        crashAt(world, index, when)
        await world.once(quotes).catch(() => undefined)
        revive(world)
        world.calls.length = 0
        await world.reconcile(quotes)
        expect(costs(world)).toEqual([])
        expect(known(world)[0]).toEqual(before)
      }
    }
  })

  test('a role that is new meanwhile joins those on the servers, and cuts none of them off', async () => {
    const world = await memoryWorld()
    for (const placement of everybody) await world.reconcile(placement)
    const { roles } = await record(world)
    lose(world, [])
    await world.reconcile(workload(9))
    const now = await record(world)
    expect(Object.keys(now.roles).toSorted()).toEqual([...Object.keys(roles), 'dev/w9'].toSorted())
    for (const [name, { key }] of Object.entries(roles)) expect(now.roles[name]?.key).toBe(key)
  })

  test('a copy that somebody else wrote with the operator’s key is refused, and left alone', async () => {
    const world = await memoryWorld()
    for (const placement of everybody) await world.reconcile(placement)
    const { publicKey } = await record(world)
    const claims = { name: 'policy-admin/dev', sub: publicKey, nats: { type: 'account', version: 2 } } as const
    await world.remote.provider.push(world.target, claims, Math.floor(world.clock.now() / 1000) + 10)
    lose(world)
    world.calls.length = 0
    expect(await world.once(quotes)).toMatchObject({
      ok: false,
      failure: { type: 'Terminal', message: expect.stringContaining('that Fairway did not write') },
    })
    expect(await world.remote.table.get(recordKey)).toBeUndefined()
    expect(costs(world)).toEqual([])
  })

  test('a role whose key follows from none of our numbers is made anew, alone', async () => {
    const world = await memoryWorld()
    for (const placement of everybody) await world.reconcile(placement)
    const before = (await record(world)).roles
    lose(world)
    // Somebody restored it in another incarnation than it had.
    const wrong = { ...returned, incarnation: 7 }
    Object.assign(world.memoryOf(wrong), { restoring: true })
    for (const placement of [quotes, wrong]) expect(await world.reconcile(placement)).toMatchObject({ ok: true })
    const after = (await record(world)).roles
    expect(after['dev/w2']?.key).not.toBe(before['dev/w2']?.key)
    expect(after['dev/quotes']).toEqual(before['dev/quotes'])
    expect(after['dev/w1']?.key).toBe(before['dev/w1']?.key)
    expect(world.memoryOf(wrong).credentials['nats']).toMatchObject({ generation: 2, state: 'current' })
  })
})
