import { expect, test } from 'vitest'
import type { SignedClaims } from './jwt.ts'
import { claimsOf, fingerprint, viewOf } from './account.ts'

const scope = { publish: ['quotes.created'], subscribe: [], respond: false }
const role = { key: 'AKEY', keyGeneration: 1, incarnation: 1, scope }
const account = {
  name: 'policy-admin/dev',
  publicKey: 'AACCOUNT',
  roles: { 'dev/quotes': role },
  revocations: {},
  wanted: 7,
}

test('the claims of an account: usable limits, nothing imported, exported or leafed, one scoped key per role, its generation', () => {
  expect(claimsOf(account)).toEqual({
    name: 'policy-admin/dev',
    sub: 'AACCOUNT',
    nats: {
      type: 'account',
      version: 2,
      limits: {
        subs: -1,
        data: -1,
        payload: -1,
        conn: -1,
        leaf: 0,
        imports: 0,
        exports: 0,
        wildcards: true,
        disallow_bearer: true,
        mem_storage: -1,
        disk_storage: -1,
        streams: -1,
        consumer: -1,
      },
      signing_keys: [
        {
          kind: 'user_scope',
          key: 'AKEY',
          role: 'dev/quotes',
          template: { subs: -1, data: -1, payload: -1, pub: { allow: ['quotes.created'] }, sub: { deny: ['>'] } },
        },
      ],
      tags: ['fairway-gen:7'],
    },
  })
})

test('roles in whatever order the table returns them make the same claims', () => {
  const two = { ...account, roles: { 'dev/quotes': role, 'dev/a': role } }
  const turned = { ...account, roles: { 'dev/a': role, 'dev/quotes': role } }
  expect(JSON.stringify(claimsOf(two))).toBe(JSON.stringify(claimsOf(turned)))
})

test('a server’s copy is compared by what it says, not by when or by whom it was signed', () => {
  const signed: SignedClaims = { ...claimsOf(account), iss: 'OKEY', iat: 1 }
  expect(viewOf(signed)).toMatchObject({ generation: 7, issuer: 'OKEY', fingerprint: fingerprint(claimsOf(account)) })
  const later: SignedClaims = { ...signed, iat: 2 }
  expect(viewOf(later)).toEqual(viewOf(signed))
})

test('revocations are in the claims, and claims that are not Fairway’s are read without falling over', () => {
  expect(claimsOf({ ...account, revocations: { UKEY: { at: 5, until: 9 } } }).nats['revocations']).toEqual({ UKEY: 5 })
  const bare = { name: 'x', sub: 'A', iss: 'O', nats: { type: 'account', version: 2, signing_keys: ['AKEY'] } } as const
  expect(viewOf(bare)).toMatchObject({ generation: undefined, roles: {} })
})
