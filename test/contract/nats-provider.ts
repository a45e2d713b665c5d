import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fingerprint, roleFingerprint } from '../../capabilities/nats/account.ts'
import { keyOf } from '../../capabilities/nats/nkeys.ts'
import type { Look, NatsProvider, NatsTarget } from '../../capabilities/nats/provider.ts'
import { sampleAccount, seconds } from './nats.ts'
import type { SecretValue } from '../../domain/secret.ts'

export interface OpenedProvider {
  readonly provider: NatsProvider
  readonly target: NatsTarget
  /** A client that connects with this file and stays. */
  join(file: SecretValue): Promise<{ leave(): Promise<void> }>
  close(): Promise<void>
}

/** What every implementation of the servers' boundary promises. */
export function providerContract(implementation: string, open: () => Promise<OpenedProvider>): void {
  describe(`the NATS provider contract, ${implementation}`, () => {
    let opened: OpenedProvider
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(async () => opened.close())

    test('servers that answer are reached', async () => {
      const { provider, target } = opened
      await expect(provider.reach(target)).resolves.toBeUndefined()
    })

    test('an account that nobody pushed is missing', async () => {
      const { provider, target } = opened
      expect(await provider.read(target, sampleAccount().id)).toMatchObject({ views: [], missing: true })
    })

    test('a pushed account is shown by every server: generation, roles, fingerprint, and who signed it', async () => {
      const { provider, target } = opened
      const { claims, id, role } = sampleAccount()
      await provider.push(target, claims, seconds())
      const { views, missing, signer } = await provider.read(target, id)
      expect(missing).toBe(false)
      expect(views.length).toBeGreaterThan(0)
      for (const view of views) {
        const roles = { 'dev/quotes': roleFingerprint('dev/quotes', role) }
        expect(view).toEqual({ generation: 1, fingerprint: fingerprint(claims), issuer: signer, roles })
      }
    })

    test('many accounts are shown in one go as each of them is alone: stored, loaded, changed, and never heard of', async () => {
      const { provider, target } = opened
      const [stored, loaded, changed, unknown] = [sampleAccount(), sampleAccount(), sampleAccount(), sampleAccount()]
      for (const { claims } of [stored, loaded, changed]) await provider.push(target, claims, seconds())
      expect(await provider.admits(target, loaded.file({}))).toBe(true)
      await provider.push(target, changed.at(2), seconds() + 1)
      const ids = [stored, loaded, changed, unknown].map(({ id }) => id)
      const found = await provider.readMany(target, ids)
      expect([...found.keys()].toSorted()).toEqual(ids.toSorted())
      for (const id of ids) expect(found.get(id)).toEqual(await provider.read(target, id))
      expect(found.get(unknown.id)).toMatchObject({ views: [], missing: true })
      expect(generationsOf(found.get(changed.id))).toEqual(new Set([2]))
    })

    test('no accounts are none', async () => {
      const { provider, target } = opened
      expect(await provider.readMany(target, [])).toEqual(new Map())
    })

    test('what is pushed later is shown, and pushing the same again changes nothing', async () => {
      const { provider, target } = opened
      const { id, at } = sampleAccount()
      await provider.push(target, at(1), seconds())
      await provider.push(target, at(2), seconds() + 1)
      await provider.push(target, at(2), seconds() + 1)
      const { views } = await provider.read(target, id)
      expect(new Set(views.map((view) => view.generation))).toEqual(new Set([2]))
    })

    test('users of a role are let in while the role is there, and an account that was loaded is shown from memory', async () => {
      const { provider, target } = opened
      const { id, at, file } = sampleAccount()
      await provider.push(target, at(1), seconds())
      expect(await provider.admits(target, file({}))).toBe(true)
      expect((await provider.read(target, id)).views.map((view) => view.generation)).toContain(1)
      await provider.push(target, at(2, {}), seconds() + 1)
      expect(await provider.admits(target, file({}))).toBe(false)
      const { views, missing } = await provider.read(target, id)
      expect(missing).toBe(false)
      expect(new Set(views.map((view) => view.generation))).toEqual(new Set([2]))
    })

    test('a user that expired, was revoked, or is signed by another key is not let in', async () => {
      const { provider, target } = opened
      const { at, file, user } = sampleAccount()
      await provider.push(target, at(1), seconds())
      expect(await provider.admits(target, file({ expiresAt: seconds() - 10 }))).toBe(false)
      expect(await provider.admits(target, file({ issuer: keyOf('A', randomBytes(32)) }))).toBe(false)
      expect(await provider.admits(target, file({}))).toBe(true)
      await provider.push(
        target,
        at(2, undefined, { [user.publicKey]: { at: seconds(), until: seconds() + 60 } }),
        seconds() + 1,
      )
      expect(await provider.admits(target, file({}))).toBe(false)
    })

    test('who is connected is shown by user and issuing key, of this account alone, and no longer once they left', async () => {
      const { provider, target } = opened
      const [{ id, claims, file, user, role }, other] = [sampleAccount(), sampleAccount()]
      await provider.push(target, claims, seconds())
      await provider.push(target, other.claims, seconds())
      expect(await provider.connections(target, id)).toEqual([])
      const clients = [await opened.join(file({})), await opened.join(file({})), await opened.join(other.file({}))]
      const shown = { user: user.publicKey, issuer: role.key }
      expect(await provider.connections(target, id)).toEqual([shown, shown])
      for (const client of clients) await client.leave()
      await expect.poll(() => provider.connections(target, id)).toEqual([])
    })

    test('an account that no server knows lets nobody in', async () => {
      const { provider, target } = opened
      expect(await provider.admits(target, sampleAccount().file({}))).toBe(false)
    })
  })
}

function generationsOf(look: Look | undefined): ReadonlySet<number | undefined> {
  return new Set(look && 'views' in look ? look.views.map(({ generation }) => generation) : [])
}
