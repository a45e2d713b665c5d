import { hkdfSync } from 'node:crypto'
import { reveal } from '../../domain/secret.ts'
import type { SecretValue } from '../../domain/secret.ts'
import { keyOf } from './nkeys.ts'
import type { Key, KeyKind } from './nkeys.ts'

/**
 * Every key of an account is derived from its master secret (docs/adr/0003-derived-nats-keys.md). The same
 * numbers give the same key, so nothing is lost in a crash and nothing is minted twice; another number gives an
 * unrelated key.
 */
export interface RoleId {
  /** `<cluster>/<workload>` */
  readonly role: string
  readonly incarnation: number
}

export function accountKey(master: SecretValue): Key {
  return derive(master, 'A', ['account'])
}

/** Signs the users of one role. Rotating it is raising `keyGeneration`. */
export function roleKey(master: SecretValue, { role, incarnation }: RoleId, keyGeneration: number): Key {
  return derive(master, 'A', ['role', role, incarnation, keyGeneration])
}

/** A user of its own for every generation: a revoked one never comes back. */
export function userKey(master: SecretValue, { role, incarnation }: RoleId, generation: number): Key {
  return derive(master, 'U', ['user', role, incarnation, generation])
}

const salt = 'fairway nats keys 1'

/** HKDF-SHA256, RFC 5869. JSON keeps the parts of `info` apart. */
function derive(master: SecretValue, kind: KeyKind, info: readonly (string | number)[]): Key {
  const raw = hkdfSync('sha256', Buffer.from(reveal(master), 'base64url'), salt, JSON.stringify(info), 32)
  return keyOf(kind, new Uint8Array(raw))
}
