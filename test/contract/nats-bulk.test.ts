import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { claimsOf } from '../../capabilities/nats/account.ts'
import { natsBulk } from '../../capabilities/nats/bulk.ts'
import type { NatsBulkRemote, NatsSnapshot } from '../../capabilities/nats/bulk.ts'
import { nats } from '../../capabilities/nats/index.ts'
import { RetryLater } from '../../domain/errors.ts'
import type { BulkPlace } from '../../domain/fleet.ts'
import { tagKeys } from '../../domain/names.ts'
import { readEntries } from '../../secretentries/index.ts'
import { installation } from './nats.ts'
import { quotes, record, secret, workload } from './nats-accounts.ts'
import { memoryWorld } from './natsworld.ts'
import type { Placement } from './natsworld.ts'

type MemoryWorld = Awaited<ReturnType<typeof memoryWorld>>

const account = 'NATS account policy-admin/dev'
const role = 'NATS role policy-admin/dev dev/quotes'

/** What a person does to a healthy placement, and what a look finds, each once. */
const changes: readonly [string, (world: MemoryWorld) => Promise<unknown>, readonly [string, string][]][] = [
  ['its secret is scheduled for deletion', (world) => remove(world, 7), [['secret-deleted', secret]]],
  ['its secret is deleted for good', (world) => remove(world, 0), [['secret-deleted', secret]]],
  ['a tag of its secret is changed', (world) => tag(world, tagKeys.team), [['secret-tags-changed', secret]]],
  ['the tag of the installation is removed', (world) => untag(world), [['disowned', secret]]],
  ['the label of its version is taken', (world) => unlabel(world, 'fairway-g1'), [['secret-changed', secret]]],
  ['its value is edited', (world) => edit(world), [['secret-changed', secret]]],
  ['its version loses all its labels', (world) => lose(world), [['secret-changed', secret]]],
  ['the account is deleted from the resolver', (world) => forget(world), [['nats-account-changed', account]]],
  ['a server comes back without the account', (world) => forget(world, 0), [['nats-account-changed', account]]],
  ['an earlier copy with other permissions is put back', (world) => putBack(world), [['nats-scope-changed', role]]],
  ['somebody else pushes the account', (world) => pushForeign(world), [['nats-account-changed', account]]],
  ['another operator’s key signs the account', (world) => resign(world), [['nats-account-changed', account]]],
]

describe('a look at NATS in bulk', () => {
  test.each(changes)('when %s plans what a look at that one placement does', async (_what, change, expected) => {
    const world = await settled(2)
    await change(world)
    const { planned, found } = await look(world, quotes)
    expect(planned).toEqual(await alone(world, quotes))
    expect(found).toEqual(expected)
  })

  test('when servers show what somebody else pushed refuses, and nothing is pushed over it', async () => {
    const world = await settled()
    await pushForeign(world)
    const before = structuredClone(world.servers.state)
    const { planned } = await look(world, quotes)
    expect(planned).toMatchObject([{ type: 'refuse', fix: expect.stringContaining('who else writes this account') }])
    expect(await world.once(quotes)).toMatchObject({ ok: false })
    expect(world.servers.state).toEqual(before)
  })

  test('repairs nothing by itself: a reconcile of what it found does, and the next look finds nothing', async () => {
    for (const change of [forget, putBack, (world: MemoryWorld) => remove(world, 7)]) {
      const world = await settled()
      await change(world)
      const pushes = world.servers.counts.pushes
      expect((await look(world, quotes)).found).not.toEqual([])
      expect(world.servers.counts.pushes).toBe(pushes)
      await world.reconcile(quotes)
      expect((await look(world, quotes)).found).toEqual([])
    }
  })

  test('tells what is due: a new placement, a removed one, other permissions, a renewal, a rotation', async () => {
    const world = await settled()
    expect((await look(world, workload(2))).found).toEqual([['due', expect.stringContaining('dev/w2')]])
    expect((await look(world, { workload: 'quotes' })).found).toEqual([['due', role]])
    const wider = { ...quotes, nats: { ...quotes.nats, publish: ['quotes.>'] } }
    expect((await look(world, wider)).found).toEqual([['due', role]])
    world.ask(quotes)
    expect((await look(world, quotes)).found).toEqual([['due', role]])
    await world.reconcile(quotes)
    expect((await look(world, quotes)).found).toEqual([])
    world.clock.advance(800 * 3_600_000)
    expect((await look(world, quotes)).found).toEqual([['due', role]])
  })

  test('takes what is on record and not pushed yet for due, and for nobody’s change', async () => {
    const world = await settled()
    const wider = { ...quotes, nats: { ...quotes.nats, publish: ['quotes.>'] } }
    world.hooks.before = (call) => {
      if (call === 'nats.push') throw new Error('died')
    }
    await expect(world.once(wider)).rejects.toThrow('died')
    world.hooks.before = () => undefined
    const { planned, found } = await look(world, wider)
    expect(planned.map(({ type }) => type)).toEqual(['push'])
    expect(found).toEqual([['due', role]])
  })

  test('finds nothing of what was removed, and asks no server for an account without roles here', async () => {
    const world = await settled()
    await world.reconcile({ workload: 'quotes' })
    await world.reconcile({ workload: 'w1' })
    expect(await look(world, { workload: 'quotes' })).toEqual({ planned: [], found: [] })
    const elsewhere = placeOf(world, [{ ...quotes, cluster: 'prod', environment: 'prod' }])
    world.calls.length = 0
    await natsBulk.snapshot(bulkRemote(world), elsewhere)
    expect(world.calls.filter((call) => call.startsWith('nats.'))).toEqual([])
  })

  test('does not end an overlap: who is connected is for the reconcile that is due then', async () => {
    const world = await settled()
    world.ask(quotes)
    await world.reconcile(quotes)
    world.clock.advance(700_000)
    expect((await look(world, quotes)).found).toEqual([])
    world.clock.advance(86_400_000)
    expect((await look(world, quotes)).found).toEqual([['due', role]])
  })
})

describe('what could not be looked at', () => {
  test('an account that no server answers for fails alone', async () => {
    const world = await settled()
    const other = { ...quotes, system: 'claims' }
    await world.reconcile(other)
    world.servers.faults.mute.add((await record(world)).publicKey)
    const snapshot = await snapshotOf(world, [quotes, other])
    expect(() => natsBulk.observed(desiredOf(world, quotes), snapshot)).toThrow(RetryLater)
    expect(plan(world, other, snapshot)).toEqual([])
  })

  test('servers that cannot be reached say nothing of their accounts, and secrets are seen all the same', async () => {
    const world = await settled()
    world.servers.faults.unreachable = true
    const snapshot = await snapshotOf(world, [quotes])
    expect(snapshot.entries.size).toBe(2)
    expect(() => natsBulk.observed(desiredOf(world, quotes), snapshot)).toThrow(RetryLater)
  })

  test('an account that is pushed while it is looked at is looked at again, and is not taken for somebody else’s', async () => {
    const world = await settled()
    let meanwhile: Promise<unknown> | undefined
    const remote = bulkRemote(world)
    const provider: NatsBulkRemote['provider'] = {
      async readMany(target, accounts) {
        meanwhile ??= world.reconcile(workload(2))
        await meanwhile
        return remote.provider.readMany(target, accounts)
      },
    }
    const snapshot = await natsBulk.snapshot({ ...remote, provider }, placeOf(world, [quotes]))
    expect(plan(world, quotes, snapshot)).toEqual([])
  })

  test('an account that is pushed all the time is left for the next look', async () => {
    const world = await settled()
    const remote = bulkRemote(world)
    let index = 2
    const provider: NatsBulkRemote['provider'] = {
      async readMany(target, accounts) {
        await world.reconcile(workload(index++))
        return remote.provider.readMany(target, accounts)
      },
    }
    const snapshot = await natsBulk.snapshot({ ...remote, provider }, placeOf(world, [quotes]))
    expect(() => natsBulk.observed(desiredOf(world, quotes), snapshot)).toThrow('is being pushed')
    expect(index).toBe(2 + 2)
  })
})

describe('orphans', () => {
  test('are roles on record and secrets that nobody accounts for, of the clusters of this place alone', async () => {
    const world = await settled()
    await world.reconcile({ ...quotes, cluster: 'dev2' })
    expect(await orphans(world, [quotes, workload(1)])).toEqual(['fairway/acme/dev2/policy-admin/quotes/nats'])
    expect(await orphans(world, [quotes])).toEqual([
      'fairway/acme/dev/policy-admin/w1/nats',
      'fairway/acme/dev2/policy-admin/quotes/nats',
      'policy-admin/dev dev/w1',
    ])
    expect(await orphans(world, [quotes, workload(1), { ...quotes, cluster: 'dev2' }])).toEqual([])
  })

  test('are roles that a server still lets in, which missed the push that took them away', async () => {
    const world = await settled(2)
    const old = structuredClone(world.servers.state[1]!.store)
    await world.reconcile({ workload: 'w1' })
    expect(await orphans(world, [quotes])).toEqual([])
    Object.assign(world.servers.state[1]!.store, old)
    expect(await orphans(world, [quotes])).toEqual(['policy-admin/dev dev/w1'])
  })

  test('are not what is on its way out, nor keys that are replaced and in their overlap', async () => {
    const world = await settled()
    world.ask(quotes, { issuer: (await record(world)).roles['dev/quotes']!.key })
    await world.reconcile(quotes)
    expect((await record(world)).roles['dev/quotes']?.former).toHaveLength(1)
    expect(await orphans(world, [quotes, { workload: 'w1' }])).toEqual([])
  })
})

test('a healthy fleet of 300 placements in 6 accounts has empty plans, after one call a page, one an account, and one a target', async () => {
  const world = await memoryWorld()
  const systems = ['a', 'b', 'c']
  const environments = ['dev', 'prod'] as const
  const placements = environments.flatMap((environment) =>
    systems.flatMap((system) =>
      Array.from({ length: 50 }, (_, index): Placement => ({
        ...workload(index),
        system,
        environment,
        cluster: environment,
      })),
    ),
  )
  for (const placement of placements) await world.reconcile(placement)
  const [before, pushes] = [structuredClone(world.servers.state), world.servers.counts.pushes]
  world.calls.length = 0
  world.servers.counts.reads = 0
  const snapshot = await snapshotOf(world, placements)
  expect(world.calls.toSorted()).toEqual([
    'nats.readMany',
    ...Array.from({ length: 3 }, () => 'secrets.ListSecrets'),
    'table.getMany',
    'table.ofKind',
  ])
  expect(world.servers.counts.reads).toBe(6 + 1)
  for (const placement of placements) expect(plan(world, placement, snapshot)).toEqual([])
  expect(world.servers.state).toEqual(before)
  expect(world.servers.counts.pushes).toBe(pushes)
})

/** Two workloads in one account, delivered and pinned. */
async function settled(servers = 1): Promise<MemoryWorld> {
  const world = await memoryWorld(servers)
  for (const placement of [quotes, workload(1)]) await world.reconcile(placement)
  return world
}

function bulkRemote({ remote: { table, provider, secrets } }: MemoryWorld) {
  return { table, provider, entries: () => readEntries(secrets, installation) }
}

function placeOf(world: MemoryWorld, placements: readonly Placement[]): BulkPlace {
  const subjects = placements.map((placement) => world.subject(placement))
  const clusters = new Map(subjects.map(({ cluster }) => [cluster.name, cluster]))
  const { account: of, region } = subjects[0]!.installation
  return { installation: subjects[0]!.installation, account: of, region, clusters: [...clusters.values()] }
}

function snapshotOf(world: MemoryWorld, placements: readonly Placement[]): Promise<NatsSnapshot> {
  return natsBulk.snapshot(bulkRemote(world), placeOf(world, placements))
}

function desiredOf(world: MemoryWorld, placement: Placement) {
  return nats.desired(world.subject(placement), structuredClone(world.memoryOf(placement)))
}

function plan(world: MemoryWorld, placement: Placement, snapshot: NatsSnapshot) {
  const desired = desiredOf(world, placement)
  return nats.plan(desired, natsBulk.observed(desired, snapshot), world.clock.now())
}

async function look(world: MemoryWorld, placement: Placement) {
  const desired = desiredOf(world, placement)
  const observed = natsBulk.observed(desired, await snapshotOf(world, [placement]))
  const planned = nats.plan(desired, observed, world.clock.now())
  const found = planned.flatMap((action) => natsBulk.drift(action, desired, observed) ?? [])
  const distinct = new Set(found.map((one) => JSON.stringify([one.kind, one.where])))
  return { planned, found: [...distinct].map((line) => JSON.parse(line) as [string, string]) }
}

async function alone(world: MemoryWorld, placement: Placement) {
  const desired = desiredOf(world, placement)
  return nats.plan(desired, await nats.observe(desired, world.remote), world.clock.now())
}

/** Clusters are of the place; placements whose records are there. */
async function orphans(world: MemoryWorld, placements: readonly Placement[]): Promise<string[]> {
  const snapshot = await snapshotOf(world, placements)
  const accounted = new Set(placements.flatMap((placement) => natsBulk.accounts(desiredOf(world, placement))))
  return [...natsBulk.owned(snapshot)]
    .map(({ id }) => id)
    .filter((id) => !accounted.has(id))
    .toSorted()
}

async function remove({ remote }: MemoryWorld, days: number) {
  const window = days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days }
  await remote.secrets.send(new DeleteSecretCommand({ SecretId: secret, ...window }))
}

async function tag({ remote }: MemoryWorld, Key: string) {
  await remote.secrets.send(new TagResourceCommand({ SecretId: secret, Tags: [{ Key, Value: 'mine' }] }))
}

async function untag({ remote }: MemoryWorld) {
  await remote.secrets.send(new UntagResourceCommand({ SecretId: secret, TagKeys: [tagKeys.installation] }))
}

async function unlabel(world: MemoryWorld, VersionStage: string) {
  const RemoveFromVersionId = world.memoryOf(quotes).credentials['nats']!.versionId
  await world.remote.secrets.send(
    new UpdateSecretVersionStageCommand({ SecretId: secret, VersionStage, RemoveFromVersionId }),
  )
}

async function edit(world: MemoryWorld) {
  await world.remote.secrets.send(
    new PutSecretValueCommand({ SecretId: secret, SecretString: '{"nats.creds":"mine"}' }),
  )
}

/** Without labels a version is not listed any more, and may be pruned. */
async function lose(world: MemoryWorld) {
  await edit(world)
  await unlabel(world, 'AWSPREVIOUS')
  await unlabel(world, 'fairway-g1')
}

async function forget(world: MemoryWorld, ...indexes: number[]) {
  const { publicKey } = await record(world)
  const servers = world.servers.state.filter((_, index) => indexes.length === 0 || indexes.includes(index))
  for (const server of servers) {
    delete server.store[publicKey]
    delete server.memory[publicKey]
  }
}

/** What was pushed before the role had its present permissions. */
async function putBack(world: MemoryWorld) {
  const wider = { ...quotes, nats: { ...quotes.nats, publish: ['quotes.>'] } }
  await world.reconcile(wider)
  const old = claimsOf(await record(world))
  await world.reconcile(quotes)
  await world.servers.push(world.target, old, Math.floor(world.clock.now() / 1000) + 100)
}

async function pushForeign(world: MemoryWorld) {
  const claims = claimsOf(await record(world))
  const stranger = { ...claims, nats: { ...claims.nats, default_permissions: { pub: { allow: ['>'] } } } }
  await world.servers.push(world.target, stranger, Math.floor(world.clock.now() / 1000) + 100)
}

async function resign(world: MemoryWorld) {
  const claims = claimsOf(await record(world))
  await world.servers.push({ ...world.target, operator: 'edge' }, claims, Math.floor(world.clock.now() / 1000) + 100)
}
