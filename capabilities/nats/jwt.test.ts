import { Algorithms, decode, encodeAccount, encodeOperator, parseCreds } from '@nats-io/jwt'
import { fromSeed } from '@nats-io/nkeys'
import { expect, test } from 'vitest'
import { reveal } from '../../domain/secret.ts'
import { claimsOf } from './account.ts'
import { credentials, read, readCredentials, sign } from './jwt.ts'
import { keyOf } from './nkeys.ts'

const operator = keyOf('O', new Uint8Array(32).fill(1))
const account = keyOf('A', new Uint8Array(32).fill(2))
const issuer = keyOf('A', new Uint8Array(32).fill(3))
const user = keyOf('U', new Uint8Array(32).fill(4))
const identity = {
  name: 'quotes',
  account: account.publicKey,
  user,
  issuer,
  issuedAt: 1_700_000_000,
  expiresAt: 1_700_086_400,
}

test('signing the same claims for the same second gives the same bytes', () => {
  expect(reveal(credentials(identity))).toBe(reveal(credentials(identity)))
  expect(reveal(credentials({ ...identity, issuedAt: 1_700_000_001 }))).not.toBe(reveal(credentials(identity)))
})

test('a credentials file is what the library parses: the user, the issuer, the account, the time, and no permissions', async () => {
  const { uc, aid, key } = await parseCreds(new TextEncoder().encode(reveal(credentials(identity))))
  expect(uc).toMatchObject({ sub: user.publicKey, iss: issuer.publicKey, iat: 1_700_000_000, exp: 1_700_086_400 })
  expect(uc.nats).toEqual({ type: 'user', version: 2, issuer_account: account.publicKey })
  expect([aid, key]).toEqual([account.publicKey, reveal(user.seed)])
  expect(readCredentials(credentials(identity))).toEqual(uc)
})

test('account claims are those that the library would sign, but for the number and the second', async () => {
  const claims = claimsOf({ name: 'a/dev', publicKey: account.publicKey, roles: {}, revocations: {}, wanted: 1 })
  const pair = (key: typeof operator) => fromSeed(new TextEncoder().encode(reveal(key.seed)))
  const theirs = await encodeAccount('a/dev', pair(account), claims.nats, { signer: pair(operator) })
  const plain = (jwt: string) => ({ ...read(jwt), iat: 0, jti: '' })
  expect(plain(sign(claims, 5, operator))).toEqual(plain(theirs))
})

test('a token that was changed is not read', () => {
  const [header, , signature] = sign(
    claimsOf({ name: 'a', publicKey: account.publicKey, roles: {}, revocations: {}, wanted: 1 }),
    5,
    operator,
  ).split('.')
  const [, other] = sign(
    claimsOf({ name: 'b', publicKey: account.publicKey, roles: {}, revocations: {}, wanted: 1 }),
    5,
    operator,
  ).split('.')
  expect(() => read(`${header}.${other}.${signature}`)).toThrow('verification failed')
})

test('the library reads what we sign, and we read what it signs, also in its first algorithm', async () => {
  const pair = fromSeed(new TextEncoder().encode(reveal(operator.seed)))
  const claims = claimsOf({ name: 'a', publicKey: account.publicKey, roles: {}, revocations: {}, wanted: 1 })
  expect(decode(sign(claims, 5, operator))).toEqual(read(sign(claims, 5, operator)))
  for (const algorithm of [Algorithms.v1, Algorithms.v2]) {
    const theirs = await encodeOperator('o', pair, {}, { algorithm })
    expect(read(theirs)).toEqual(decode(theirs))
  }
})

test('a token whose issuer is no key, or another one, is not read', () => {
  const claims = claimsOf({ name: 'a', publicKey: account.publicKey, roles: {}, revocations: {}, wanted: 1 })
  for (const publicKey of ['', 'OABC', account.publicKey, `${operator.publicKey.slice(0, -1)}A`]) {
    const posing = { ...operator, publicKey }
    expect(() => read(sign(claims, 5, posing))).toThrow('verification failed')
  }
})
