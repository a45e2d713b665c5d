import { inspect } from 'node:util'
import { PutSecretValueCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { file, quotes, record, secret } from './nats-accounts.ts'
import { memoryWorld } from './natsworld.ts'
import type { World } from './natsworld.ts'

/** The life of a NATS user, on the twins of everything around it. */

const wider = { ...quotes, nats: { ...quotes.nats, publish: ['quotes.created', 'quotes.changed'] } }
const gone = { workload: 'quotes' }

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

test('an entry that somebody took away comes back by an adoption, which is used up, and mints nothing', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const before = await file(world, quotes)
  const untag = new UntagResourceCommand({ SecretId: secret, TagKeys: ['fairway:installation'] })
  await world.remote.secrets.send(untag)
  expect(await world.once(quotes)).toMatchObject({ ok: false, failure: { type: 'Terminal' } })
  const { claims } = world.memoryOf(quotes)
  claims['secret'] = { id: secret, incarnation: 1, adopted: true }
  expect(await world.reconcile(quotes)).toMatchObject({ ok: true })
  expect(claims['secret']).toEqual({ id: expect.stringMatching(/^arn:/), incarnation: 1 })
  expect(await file(world, quotes)).toBe(before)
  await world.remote.secrets.send(untag)
  expect(await world.once(quotes)).toMatchObject({ ok: false })
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
  expect(outcome.output).toBeUndefined()
  expect(world.memoryOf(quotes).credentials['nats']).toMatchObject({ state: 'issuing' })
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
