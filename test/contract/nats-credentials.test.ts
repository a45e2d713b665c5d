import { DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { versionToken } from '../../domain/names.ts'
import { observeEntry, removeLabel } from '../../secretentries/index.ts'
import { file, quotes, secret } from './nats-accounts.ts'
import { memoryWorld } from './natsworld.ts'

/** The life of a credential, on the twins of everything around it. */

const day = 86_400_000

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
  // The one before goes on working, and what pods start with stands last.
  expect(second.credentials.versions).toEqual([
    ...first.credentials.versions,
    { versionId: versionToken(secret, 1, 2), generation: 2 },
  ])
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

const renewed = (renewBefore?: string) => ({
  ...quotes,
  nats: { ...quotes.nats, ...(renewBefore === undefined ? {} : { renewBefore }) },
})

test('a credential is renewed as long before its end as is declared', async () => {
  const world = await memoryWorld()
  const { due } = await world.reconcile(renewed('24h'))
  const { expiresAt = 0, renewAt } = world.memoryOf(quotes).credentials['nats'] ?? {}
  expect(renewAt).toBe(expiresAt * 1000 - day)
  expect(due).toBe(renewAt)
  world.clock.advance(29 * day - 2000)
  expect(await world.once(renewed('24h'))).toMatchObject({ result: 'unchanged' })
  world.clock.advance(2000)
  await world.reconcile(renewed('24h'))
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({ generation: 2, reason: 'expiry' })
})

test('P2: another time of renewal moves a date on record, also of what is in its overlap, and touches nothing else', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.clock.advance(day)
  world.ask(quotes)
  await world.reconcile(quotes)
  const before = structuredClone(world.memoryOf(quotes).credentials['nats']!)
  world.calls.length = 0
  const { due } = await world.reconcile(renewed('240h'))
  const { renewAt, previous, ...after } = world.memoryOf(quotes).credentials['nats']!
  const { renewAt: old, previous: former, ...rest } = before
  expect(after).toEqual(rest)
  expect(renewAt).toBe(old! - 3 * day)
  expect(previous).toEqual([{ ...former![0], renewAt: former![0]!.renewAt! - 3 * day }])
  expect(due).toBeLessThanOrEqual(renewAt!)
  const writes = world.calls.filter((call) => !/get$|read$|DescribeSecret$|connections$/.test(call))
  expect(writes).toEqual(['ledger.credential'])
  expect(await world.once(renewed('240h'))).toMatchObject({ result: 'unchanged' })
  await world.reconcile(quotes)
  expect(world.memoryOf(quotes).credentials['nats']).toEqual(before)
})

test('what is due by another time of renewal is renewed as it expires, once', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.clock.advance(10 * day)
  await world.reconcile(renewed('600h'))
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({ generation: 2, reason: 'expiry' })
  expect(await world.once(renewed('600h'))).toMatchObject({ result: 'unchanged' })
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
  world.ask(quotes)
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
  expect(entry).toMatchObject({ versions: { [version?.versionId ?? '']: expect.arrayContaining(['fairway-g1']) } })
  expect(await file(world, quotes)).toBe(before)
})

test('a stale answer of Secrets Manager after issuing mints nothing', async () => {
  const world = await memoryWorld()
  world.faults = ({ operation }) => (operation === 'DescribeSecret' ? { kind: 'stale', ms: 5000 } : undefined)
  const outcome = await world.reconcile(quotes)
  expect(outcome).toMatchObject({ ok: true })
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({ generation: 1, state: 'current' })
})
