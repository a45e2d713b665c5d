import { expect, test } from 'vitest'
import { memoryProvider } from '../../capabilities/nats/memory.ts'
import type { NatsProvider } from '../../capabilities/nats/provider.ts'
import { versionToken } from '../../domain/names.ts'
import { reveal } from '../../domain/secret.ts'
import { observeEntry } from '../../secretentries/index.ts'
import { crashAt, die, quotes, record, revive, rolesOn, secret } from './nats-accounts.ts'
import { createWorld, memoryWorld, virtualClock } from './natsworld.ts'
import type { Placement } from './natsworld.ts'

const wider = { ...quotes, nats: { publish: ['quotes.created', 'quotes.changed'] } }
const gone = { workload: 'quotes' }

type World = Awaited<ReturnType<typeof memoryWorld>>

/** Everything that is there, but for keys and times. */
async function state(world: World) {
  const { publicKey, roles } = await record(world)
  const { claims, credentials } = world.memoryOf(quotes)
  const entry = await observeEntry(world.remote.secrets, secret)
  return {
    roles: Object.keys(roles),
    onServers: rolesOn(world, publicKey),
    claims: Object.keys(claims),
    credential: { generation: credentials['nats']?.generation, state: credentials['nats']?.state },
    versions: entry.status === 'present' ? Object.keys(entry.versions).toSorted() : entry.status,
  }
}

const versions = (...generations: readonly number[]) =>
  generations.map((generation) => versionToken(secret, 1, generation)).toSorted()
const present = { roles: ['dev/quotes'], onServers: [['dev/quotes']], claims: ['role', 'secret'] }
const first = { ...present, credential: { generation: 1, state: 'current' }, versions: versions(1) }
const second = { ...present, credential: { generation: 2, state: 'current' }, versions: versions(1, 2) }
const nothing = { roles: [], onServers: [[]], claims: [], credential: first.credential, versions: 'scheduled-deletion' }

const stories: readonly (readonly [string, readonly Placement[], number, object])[] = [
  ['of the first issue converges on one generation', [quotes], 0, first],
  ['of a changed permission leaves the credentials alone', [quotes, wider], 0, first],
  ['of a renewal converges on the next generation', [quotes, quotes], 24, second],
  ['of a removal leaves nothing behind', [quotes, gone], 0, nothing],
  ['of a return gives it new keys', [quotes, gone, quotes], 0, second],
]

test.each(stories)('a crash at any call %s', async (_name, steps, days, expected) => {
  const last = steps.at(-1) ?? quotes
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
      await world.reconcile(last)
      expect({ when, index, ...(await state(world)) }).toEqual({ when, index, ...expected })
      expect((await world.once(last)).applied).toEqual([])
    }
  }
})

test('a mint that is repeated after a crash, an hour later, gives the same bytes', async () => {
  const values: string[] = []
  for (const crashes of [false, true]) {
    const clock = virtualClock()
    const twin = memoryProvider({ clock })
    const tried: NatsProvider = {
      ...twin,
      admits: async (target, credentials) => {
        values.push(reveal(credentials))
        return twin.admits(target, credentials)
      },
    }
    const world = await createWorld({ clock, provider: async () => tried })
    world.hooks.before = (call) => void (crashes && call === 'secrets.UpdateSecretVersionStage' && die())
    await world.once(quotes).catch(() => undefined)
    revive(world)
    clock.advance(3_600_000)
    await world.reconcile(quotes)
  }
  expect(values).toHaveLength(3)
  expect(new Set(values).size).toBe(1)
})
