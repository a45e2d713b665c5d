import { fromPublic, fromSeed } from '@nats-io/nkeys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SecretValue, reveal } from '../../domain/secret.ts'
import { accountKey, roleKey, userKey } from './keys.ts'
import { keyOf, keyOfSeed } from './nkeys.ts'

const raw = fc.uint8Array({ minLength: 32, maxLength: 32 })
const kind = fc.constantFrom('O' as const, 'A' as const, 'U' as const)
const text = new TextEncoder()

test('a key of any 32 bytes is what the nkeys library reads from its seed, and signs what that verifies', () => {
  fc.assert(
    fc.property(raw, kind, fc.uint8Array(), (bytes, each, message) => {
      const key = keyOf(each, bytes)
      const theirs = fromSeed(text.encode(reveal(key.seed)))
      expect(key.publicKey).toBe(theirs.getPublicKey())
      expect(key.publicKey[0]).toBe(each)
      expect(fromPublic(key.publicKey).verify(message, key.sign(message))).toBe(true)
      expect(Buffer.from(key.sign(message))).toEqual(Buffer.from(theirs.sign(message)))
    }),
    { numRuns: 10 },
  )
})

test('a key comes back from the text of its seed', () => {
  fc.assert(
    fc.property(raw, kind, (bytes, each) => {
      const key = keyOf(each, bytes)
      expect(keyOfSeed(each, key.seed).publicKey).toBe(key.publicKey)
    }),
  )
})

const master = new SecretValue(Buffer.alloc(32, 7).toString('base64url'))

test('the same master and numbers give the same keys in every process: they are never stored', () => {
  const role = { role: 'dev/quotes', incarnation: 1 }
  expect([accountKey(master), roleKey(master, role, 1), userKey(master, role, 1)].map((key) => key.publicKey)).toEqual([
    'AD57H3XD3XV3R7PKQNPZTB7RWGK4MTKS42SM6RXISQ2K6HJE3GSG2FRL',
    'AAUNJUE2IZHWO6F76NPPGJTQQIPRNCFEJD3KJNWO3PAMK7LT5P6YJ6VF',
    'UDBEVVFVSEJHI5HYGBKQ2VILHCXJJ2NRHM6XVC6JPUMAETEK3S27BKUF',
  ])
})

test('every account, role, incarnation and number has a key of its own, also where names run into numbers', () => {
  const roles = ['dev/a', 'dev/a1', 'dev/a,1', 'de/va'].flatMap((role) =>
    [1, 2, 11].map((incarnation) => ({ role, incarnation })),
  )
  const keys = [master, new SecretValue(Buffer.alloc(32, 8).toString('base64url'))].flatMap((each) => [
    accountKey(each),
    ...roles.flatMap((role) =>
      [1, 2, 11].flatMap((number) => [roleKey(each, role, number), userKey(each, role, number)]),
    ),
  ])
  expect(new Set(keys.map((key) => reveal(key.seed).slice(2))).size).toBe(keys.length)
})
