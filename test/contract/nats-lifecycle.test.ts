import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { AccountRecord } from '../../capabilities/nats/account.ts'
import { versionToken } from '../../domain/names.ts'
import { observeEntry, removeLabel } from '../../secretentries/index.ts'
import { credentialsIn } from './nats.ts'
import { memoryWorld } from './natsworld.ts'
import type { Placement, World } from './natsworld.ts'

/** The life of a NATS user, on the twins of everything around it. */

const quotes = { workload: 'quotes', nats: { publish: ['quotes.created'], subscribe: ['policies.>'] } }
const wider = { workload: 'quotes', nats: { publish: ['quotes.created', 'quotes.changed'], subscribe: ['policies.>'] } }
const gone = { workload: 'quotes' }
const secret = 'fairway/acme/dev/policy-admin/quotes/nats'
const day = 86_400_000

async function record(world: World): Promise<AccountRecord> {
  return (await world.remote.table.get('nats-account#policy-admin/dev')) as unknown as AccountRecord
}

async function file(world: World, placement: Placement): Promise<string> {
  const { credentials } = await world.output(placement)
  return credentialsIn(world.remote.secrets, secret, credentials.versions.at(-1)?.versionId ?? '')
}

/** Calls since the last time, reads left out. */
function writes(world: World): string[] {
  const reading = /\.(get|read|DescribeSecret|GetSecretValue|admits)$/
  return world.calls.splice(0).filter((call) => !reading.test(call))
}

test('a healthy placement costs one read of the table, one look at the servers and one DescribeSecret, and no write', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  for (let round = 0; round < 100; round++) {
    world.calls.length = 0
    expect(await world.once(quotes)).toMatchObject({ ok: true, result: 'unchanged' })
    expect(world.calls.toSorted()).toEqual(['nats.read', 'secrets.DescribeSecret', 'table.get'])
  }
})

test('a workload without NATS costs nothing at all', async () => {
  const world = await memoryWorld()
  expect(await world.once(gone)).toMatchObject({ ok: true, result: 'absent' })
  expect(world.calls).toEqual([])
})

test('a changed permission is one push, and mints nothing', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const before = await file(world, quotes)
  writes(world)
  const { pushes } = world.servers.counts
  await world.reconcile(wider)
  expect(world.servers.counts.pushes).toBe(pushes + 1)
  expect(writes(world).filter((call) => !call.startsWith('table.'))).toEqual(['nats.push'])
  expect(await file(world, wider)).toBe(before)
})

test('subjects in another order are no change', async () => {
  const world = await memoryWorld()
  await world.reconcile(wider)
  const reordered = { ...wider, nats: { ...wider.nats, publish: wider.nats.publish.toReversed() } }
  expect(await world.once(reordered)).toMatchObject({ result: 'unchanged' })
})

test('a credential is renewed a week before its end, with a user key of its own, and delivered in its new version', async () => {
  const world = await memoryWorld()
  const { due } = await world.reconcile(quotes)
  const first = await world.output(quotes)
  const { publicKey } = world.memoryOf(quotes).credentials['nats'] ?? {}
  expect(due).toBe(world.clock.now() - (world.clock.now() % 1000) + 23 * day)
  world.clock.advance(23 * day - 2000)
  expect(await world.once(quotes)).toMatchObject({ result: 'unchanged' })
  world.clock.advance(2000)
  await world.reconcile(quotes)
  const second = await world.output(quotes)
  expect(second.credentials.versions).toEqual([{ versionId: versionToken(secret, 1, 2), generation: 2 }])
  expect(second.credentials.versions).not.toEqual(first.credentials.versions)
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({
    generation: 2,
    reason: 'expiry',
    state: 'current',
  })
  expect(world.memoryOf(quotes).credentials['nats']?.publicKey).not.toBe(publicKey)
  expect(await world.once(quotes)).toMatchObject({ result: 'unchanged' })
})

test('a short-lived credential is renewed when a third of its life is left', async () => {
  const world = await memoryWorld()
  const short = { ...quotes, nats: { ...quotes.nats, expiresAfter: '3h' } }
  const { due } = await world.reconcile(short)
  expect(due).toBe(world.clock.now() - (world.clock.now() % 1000) + 2 * 3_600_000)
})

test('the version that may still be pinned keeps its label, and older ones do not pile up to the limit of 20', async () => {
  const world = await memoryWorld()
  for (let round = 0; round < 25; round++) {
    expect(await world.reconcile(quotes)).toMatchObject({ ok: true })
    world.clock.advance(24 * day)
  }
  await world.reconcile(quotes)
  const entry = await observeEntry(world.remote.secrets, secret)
  const labels = entry.status === 'present' ? Object.values(entry.versions).flat() : []
  expect(labels.filter((label) => label.startsWith('fairway-g')).toSorted()).toEqual(['fairway-g25', 'fairway-g26'])
})

test('rotation that was asked for mints the generation that was asked for, once', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const memory = world.memoryOf(quotes)
  memory.credentials['nats'] = { ...memory.credentials['nats']!, wanted: 2 }
  await world.reconcile(quotes)
  expect(memory.credentials['nats']).toMatchObject({ generation: 2, reason: 'requested' })
  expect(await world.once(quotes)).toMatchObject({ result: 'unchanged' })
})

test('a version that went missing is put back byte by byte, not minted anew', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const before = await file(world, quotes)
  await world.remote.secrets.send(new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }))
  world.memoryOf(quotes).claims['secret'] = { id: secret, incarnation: 1 }
  await world.reconcile(quotes)
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({ generation: 1 })
  expect(await file(world, quotes)).toBe(before)
})

test('a secret that somebody scheduled for deletion is restored', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const before = await file(world, quotes)
  await world.remote.secrets.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 }))
  await world.reconcile(quotes)
  expect(await file(world, quotes)).toBe(before)
})

test('a version that lost its labels, and may be pruned any time, gets its own back', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const before = await file(world, quotes)
  const [version] = (await world.output(quotes)).credentials.versions
  const { secrets } = world.remote
  for (const SecretString of ['{}', '[]'])
    await secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString }))
  await removeLabel(secrets, secret, version?.versionId ?? '', 'fairway-g1')
  await world.reconcile(quotes)
  const entry = await observeEntry(secrets, secret)
  expect(entry).toMatchObject({ versions: { [version?.versionId ?? '']: ['fairway-g1'] } })
  expect(await file(world, quotes)).toBe(before)
})

test('a stale answer of Secrets Manager after issuing mints nothing', async () => {
  const world = await memoryWorld()
  world.faults = ({ operation }) => (operation === 'DescribeSecret' ? { kind: 'stale', ms: 5000 } : undefined)
  const outcome = await world.reconcile(quotes)
  expect(outcome).toMatchObject({ ok: true })
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({ generation: 1, state: 'current' })
})

test('a removed placement loses its role first, then its secret, and is then forgotten', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.calls.length = 0
  expect(await world.reconcile(gone)).toMatchObject({ ok: true, result: 'absent' })
  const order = world.calls.filter((call) => /push|DeleteSecret|release/.test(call))
  expect(order).toEqual(['nats.push', 'secrets.DeleteSecret', 'ledger.release', 'ledger.release'])
  expect((await record(world)).roles).toEqual({})
  expect(world.servers.state[0]?.store[(await record(world)).publicKey]?.claims.nats['signing_keys']).toEqual([])
  world.calls.length = 0
  await world.once(gone)
  expect(world.calls).toEqual([])
})

test('NATS that is down stops a removal before the secret goes, and nothing is forgotten', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.servers.faults.unreachable = true
  await expect(world.once(gone)).rejects.toMatchObject({ name: 'RetryLater' })
  expect(Object.keys(world.memoryOf(quotes).claims)).toEqual(['role', 'secret'])
  world.servers.faults.unreachable = false
  expect(await world.reconcile(gone)).toMatchObject({ ok: true, result: 'absent' })
})

test('a placement is removed from the servers that were pushed to when its Cluster no longer names any', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const subject = world.subject(gone)
  const { nats: _, ...spec } = subject.cluster.spec
  world.subject = () => ({ ...subject, cluster: { ...subject.cluster, spec } })
  expect(await world.reconcile(gone)).toMatchObject({ ok: true, result: 'absent' })
  expect((await record(world)).roles).toEqual({})
})

test.each([
  ['in its next incarnation', 2],
  ['in the same incarnation', 1],
])(
  'a workload that returns %s gets keys that were never in use, also when its secret waits for deletion',
  async (_case, incarnation) => {
    const world = await memoryWorld()
    await world.reconcile(quotes)
    const old = await file(world, quotes)
    const { publicKey, issuer } = world.memoryOf(quotes).credentials['nats'] ?? {}
    await world.reconcile(gone)
    const back = { ...quotes, incarnation }
    expect(await world.reconcile(back)).toMatchObject({ ok: true })
    const credential = world.memoryOf(quotes).credentials['nats']
    expect(credential?.publicKey).not.toBe(publicKey)
    expect(credential?.issuer).not.toBe(issuer)
    expect(await file(world, back)).not.toBe(old)
  },
)

test('an entry that was not made here is left alone', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.memories.clear()
  const outcome = await world.once(quotes)
  expect(outcome).toMatchObject({ ok: false, failure: { type: 'Terminal', message: expect.stringContaining(secret) } })
})

test('a version that somebody puts into the entry by hand changes nothing that is delivered', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const before = await world.output(quotes)
  await world.remote.secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString: '{}' }))
  expect(await world.output(quotes)).toEqual(before)
})

test('the servers that trust no key of the operator are reported with what to do, and nothing is delivered', async () => {
  const world = await memoryWorld()
  world.servers.faults.untrusted = true
  const outcome = await world.reconcile(quotes)
  expect(outcome).toMatchObject({
    ok: false,
    failure: { type: 'Terminal', fix: expect.stringContaining('operator main') },
  })
  expect(world.calls).not.toContain('secrets.PutSecretValue')
})

test('no key, seed or token is in the record, the memory, the outcome or an error', async () => {
  const world = await memoryWorld()
  const outcomes = [await world.reconcile(quotes), await world.once(wider)]
  world.servers.faults.untrusted = true
  const errors = [await world.once({ ...quotes, workload: 'other' }).catch(inspect)]
  world.remote.control.send = () => Promise.reject(new Error('no'))
  errors.push(await world.once({ ...quotes, workload: 'third' }).catch(inspect))
  const text = JSON.stringify([await record(world), [...world.memories], outcomes, errors, world.warnings])
  expect(text).not.toMatch(/S[UAO][A-Z2-7]{50}|eyJ|BEGIN/)
})
