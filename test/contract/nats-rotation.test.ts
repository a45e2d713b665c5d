import { expect, test } from 'vitest'
import { accountKeyInTable } from '../../capabilities/nats/account.ts'
import type { AccountRecord } from '../../capabilities/nats/account.ts'
import { Terminal } from '../../domain/errors.ts'
import { SecretValue } from '../../domain/secret.ts'
import { observeEntry } from '../../secretentries/index.ts'
import { file, quotes, secret } from './nats-accounts.ts'
import { memoryWorld } from './natsworld.ts'

/** Rotation with overlap: who is let in, what is delivered, and when what was replaced ends. */

type World = Awaited<ReturnType<typeof memoryWorld>>

const minutes = 60_000
const hours = 60 * minutes

async function rotated(request: Parameters<World['ask']>[1] = {}) {
  const world = await memoryWorld(3)
  await world.reconcile(quotes)
  const old = await file(world, quotes)
  world.ask(quotes, request)
  await world.reconcile(quotes)
  return { world, old, current: await file(world, quotes) }
}

/** A client of what pods start with now: the new version has arrived. */
const arrive = async (world: World) => world.servers.join(new SecretValue(await file(world, quotes)))
const credential = (world: World) => world.memoryOf(quotes).credentials['nats']
const generations = async (world: World) =>
  (await world.output(quotes)).credentials.versions.map(({ generation }) => generation)
const admits = (world: World, text: string) => world.servers.admits(world.target, new SecretValue(text))

async function account(world: World): Promise<AccountRecord> {
  const id = { system: 'policy-admin', environment: 'dev' }
  return (await world.remote.table.get(accountKeyInTable(id))) as unknown as AccountRecord
}

async function labels(world: World): Promise<readonly string[]> {
  const entry = await observeEntry(world.remote.secrets, secret)
  const stages = entry.status === 'present' ? Object.values(entry.versions).flat() : []
  return stages.filter((stage) => stage.startsWith('fairway-g')).toSorted()
}

test('both generations are let in and delivered until the least time has passed and nobody uses the old one', async () => {
  const { world, old, current } = await rotated()
  expect(credential(world)).toMatchObject({ generation: 2, reason: 'requested', state: 'current' })
  expect([await admits(world, old), await admits(world, current)]).toEqual([true, true])
  const { due } = await world.reconcile(quotes)
  expect(due).toBe(world.memoryOf(quotes).pins['nats']!.since + 10 * minutes)
  world.clock.advance(9 * minutes)
  expect(await world.reconcile(quotes)).toMatchObject({ result: 'unchanged' })
  expect(await generations(world)).toEqual([1, 2])
  world.clock.advance(2 * minutes)
  expect(await world.reconcile(quotes)).toMatchObject({ result: 'unchanged' })
  // Nobody is connected by the old one, and nobody by the new one either: it may not have arrived yet.
  expect(await generations(world)).toEqual([1, 2])
  await arrive(world)
  await world.reconcile(quotes)
  expect(await generations(world)).toEqual([2])
  expect([await admits(world, old), await admits(world, current)]).toEqual([false, true])
  expect(await labels(world)).toEqual(['fairway-g2'])
  expect(await world.reconcile(quotes)).toMatchObject({ result: 'unchanged' })
})

test('a client that stays keeps the old generation alive, with looks further and further apart, but not for ever', async () => {
  const { world, old } = await rotated()
  world.servers.join(new SecretValue(old))
  const dues: number[] = []
  for (let now = 0; now < 23 * hours; now += 30 * minutes) {
    world.clock.advance(30 * minutes)
    const outcome = await world.reconcile(quotes)
    expect(outcome).toMatchObject({ result: 'unchanged' })
    dues.push((outcome.due ?? 0) - world.clock.now())
  }
  expect(await admits(world, old)).toBe(true)
  expect(Math.min(...dues)).toBeGreaterThan(0)
  expect(dues.at(-2)).toBeGreaterThan(dues[0]!)
  world.clock.advance(2 * hours)
  await world.reconcile(quotes)
  expect([await admits(world, old), await generations(world)]).toEqual([false, [2]])
})

test('nothing ends before the branch pins the new generation, however long that takes', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const old = await file(world, quotes)
  world.commits = false
  world.ask(quotes)
  await world.reconcile(quotes)
  world.clock.advance(48 * hours)
  await world.reconcile(quotes)
  expect([await admits(world, old), await generations(world)]).toEqual([true, [1, 2]])
})

test('revoking now ends what was in use at once, without waiting for anybody', async () => {
  const { world, old, current } = await rotated({ now: true })
  expect([await admits(world, old), await admits(world, current)]).toEqual([false, true])
  expect(await generations(world)).toEqual([2])
  expect(Object.keys((await account(world)).revocations)).toHaveLength(1)
})

test('replacing the issuing key keeps the old key until its last credential has ended, then it is gone', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const old = await file(world, quotes)
  const issuer = credential(world)!.issuer!
  world.ask(quotes, { issuer })
  await world.reconcile(quotes)
  const current = await file(world, quotes)
  expect(credential(world)?.issuer).not.toBe(issuer)
  expect((await account(world)).roles['dev/quotes']?.former).toMatchObject([{ key: issuer }])
  expect([await admits(world, old), await admits(world, current)]).toEqual([true, true])
  await arrive(world)
  world.clock.advance(11 * minutes)
  await world.reconcile(quotes)
  expect((await account(world)).roles['dev/quotes']).not.toHaveProperty('former')
  expect([await admits(world, old), await admits(world, current)]).toEqual([false, true])
  expect(await world.reconcile(quotes)).toMatchObject({ result: 'unchanged' })
})

test('a key that leaked is replaced without overlap', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const old = await file(world, quotes)
  world.ask(quotes, { issuer: credential(world)!.issuer!, now: true })
  await world.reconcile(quotes)
  expect((await account(world)).roles['dev/quotes']).not.toHaveProperty('former')
  expect([await admits(world, old), await admits(world, await file(world, quotes))]).toEqual([false, true])
  expect(await generations(world)).toEqual([2])
})

test('a key that is replaced without overlap goes when its successor was connected with, and not before', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const old = await file(world, quotes)
  const issuer = credential(world)!.issuer!
  world.ask(quotes, { issuer, now: true })
  world.hooks.before = (call) => {
    if (call === 'nats.admits') throw new Terminal('the servers refuse the new one')
  }
  expect(await world.once(quotes)).toMatchObject({ ok: false })
  world.hooks.before = () => undefined
  expect(await admits(world, old)).toBe(true)
  expect((await account(world)).roles['dev/quotes']?.former).toMatchObject([{ key: issuer }])
  await world.reconcile(quotes)
  expect(await admits(world, old)).toBe(false)
  expect((await account(world)).roles['dev/quotes']).not.toHaveProperty('former')
  expect(credential(world)).toMatchObject({ generation: 2, state: 'current', reason: 'requested' })
})

test('rolling back makes the earlier generation the current one; the later one ends, and its number is not used again', async () => {
  const { world, old, current } = await rotated()
  world.ask(quotes, { kind: 'roll-back', to: 1 })
  await world.reconcile(quotes)
  expect(await generations(world)).toEqual([2, 1])
  expect(await file(world, quotes)).toBe(old)
  await arrive(world)
  world.clock.advance(11 * minutes)
  await world.reconcile(quotes)
  expect([await admits(world, old), await admits(world, current)]).toEqual([true, false])
  world.ask(quotes)
  await world.reconcile(quotes)
  expect(credential(world)).toMatchObject({ generation: 3 })
})

test('P4: a roll-back that meets a half-made revocation lets nobody down: what is revoked never becomes current', async () => {
  const { world } = await rotated()
  await arrive(world)
  world.clock.advance(11 * minutes)
  // Revoked on record, and dead before it was pushed and forgotten.
  world.hooks.after = (call) => {
    if (call === 'table.update') throw new Error('killed')
  }
  await world.once(quotes).catch(() => undefined)
  world.hooks.after = () => undefined
  world.ask(quotes, { kind: 'roll-back', to: 1 })
  await world.reconcile(quotes)
  await world.reconcile(quotes)
  expect(await generations(world)).toEqual([2])
  expect(await admits(world, await file(world, quotes))).toBe(true)
})

test('rotations in a row never outgrow the labels of a secret, though a client stays with the first', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.servers.join(new SecretValue(await file(world, quotes)))
  for (let rotation = 0; rotation < 30; rotation++) {
    world.ask(quotes)
    expect(await world.reconcile(quotes)).toMatchObject({ ok: true })
  }
  await world.reconcile(quotes)
  expect(credential(world)).toMatchObject({ generation: 31, state: 'current' })
  expect((await labels(world)).length).toBeLessThanOrEqual(10)
})

test('what was revoked is not rolled back to', async () => {
  const { world } = await rotated({ now: true })
  world.ask(quotes, { kind: 'roll-back', to: 1 })
  expect(await world.reconcile(quotes)).toMatchObject({ result: 'unchanged' })
  expect(await generations(world)).toEqual([2])
})

test('while a new generation cannot be issued the one in use stays delivered', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  world.ask(quotes)
  world.servers.faults.untrusted = true
  expect(await world.once(quotes)).toMatchObject({ ok: false })
  expect(credential(world)).toMatchObject({ generation: 2, state: 'issuing', previous: [{ generation: 1 }] })
  world.servers.faults.untrusted = false
  await world.reconcile(quotes)
  expect(credential(world)).toMatchObject({ generation: 2, state: 'current', previous: [{ generation: 1 }] })
})

test('what was half issued is finished before anything else is, so that revoking now leaves nothing valid behind', async () => {
  const world = await memoryWorld()
  await world.reconcile(quotes)
  const first = await file(world, quotes)
  world.ask(quotes)
  // Promoted in Secrets Manager, and dead before it was on record.
  world.hooks.after = (call) => {
    if (call === 'secrets.UpdateSecretVersionStage') throw new Error('killed')
  }
  await world.once(quotes).catch(() => undefined)
  world.hooks.after = () => undefined
  expect(credential(world)).toMatchObject({ generation: 2, state: 'issuing' })
  world.ask(quotes, { now: true })
  await world.reconcile(quotes)
  expect(await generations(world)).toEqual([3])
  expect(Object.keys((await account(world)).revocations)).toHaveLength(2)
  expect(await admits(world, first)).toBe(false)
})

test('an entry of a revocation goes once no credential needs it', async () => {
  const { world } = await rotated({ now: true })
  world.clock.advance(31 * 24 * hours)
  await world.reconcile(quotes)
  world.ask(quotes, { now: true })
  await world.reconcile(quotes)
  expect(Object.keys((await account(world)).revocations)).toHaveLength(1)
})

test('P4: whatever call of a rotation dies, before or after, it ends with one new generation and nothing left over', async () => {
  const reference = await memoryWorld()
  await reference.reconcile(quotes)
  reference.calls.length = 0
  reference.ask(quotes)
  await reference.reconcile(quotes)
  await arrive(reference)
  reference.clock.advance(11 * minutes)
  await reference.reconcile(quotes)
  const calls = reference.calls.length
  for (let at = 0; at < calls; at++) {
    for (const when of ['before', 'after'] as const) {
      const world = await memoryWorld()
      await world.reconcile(quotes)
      const old = await file(world, quotes)
      world.ask(quotes)
      let left = at
      world.hooks[when] = () => {
        if (left-- === 0) throw new Error('killed')
      }
      for (let run = 0; run < 3; run++) await world.reconcile(quotes).catch(() => undefined)
      await arrive(world).catch(() => arrive(world))
      world.clock.advance(11 * minutes)
      for (let run = 0; run < 3; run++) await world.reconcile(quotes).catch(() => undefined)
      const seen = { generations: await generations(world), labels: await labels(world), old: await admits(world, old) }
      expect(seen, `${when} call ${at}`).toEqual({ generations: [2], labels: ['fairway-g2'], old: false })
      expect(await world.once(quotes)).toMatchObject({ result: 'unchanged' })
    }
  }
  expect(calls).toBeGreaterThan(20)
})
