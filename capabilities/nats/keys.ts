import { hkdfSync } from 'node:crypto'
import { fromSeed } from '@nats-io/nkeys'
import type { KeyPair } from '@nats-io/nkeys'
import { reveal } from '../../domain/secret.ts'
import type { SecretValue } from '../../domain/secret.ts'

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

export function accountKey(master: SecretValue): KeyPair {
  return derive(master, 'A', ['account'])
}

/** Signs the users of one role. Rotating it is raising `keyGeneration`. */
export function roleKey(master: SecretValue, { role, incarnation }: RoleId, keyGeneration: number): KeyPair {
  return derive(master, 'A', ['role', role, incarnation, keyGeneration])
}

/** A user of its own for every generation: a revoked one never comes back. */
export function userKey(master: SecretValue, { role, incarnation }: RoleId, generation: number): KeyPair {
  return derive(master, 'U', ['user', role, incarnation, generation])
}

const salt = 'fairway nats keys 1'

/** HKDF-SHA256, RFC 5869. JSON keeps the parts of `info` apart. */
function derive(master: SecretValue, kind: keyof typeof prefixes, info: readonly (string | number)[]): KeyPair {
  const raw = hkdfSync('sha256', Buffer.from(reveal(master), 'base64url'), salt, JSON.stringify(info), 32)
  return fromSeed(new TextEncoder().encode(encodeSeed(kind, new Uint8Array(raw))))
}

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth */
const prefixes = { O: 14 << 3, A: 0, U: 20 << 3 } as const
const seedPrefix = 18 << 3

/**
 * 32 bytes as the text of a seed: two prefixes, the bytes, CRC-16 (XMODEM, little endian), in base 32 without
 * padding. The nkeys library can read one and make a random one, but not encode given bytes.
 */
export function encodeSeed(kind: keyof typeof prefixes, bytes: Uint8Array): string {
  const prefix = prefixes[kind]
  const data = [seedPrefix | (prefix >> 5), (prefix & 31) << 3, ...bytes]
  const check = crc16(data)
  return base32([...data, check & 0xff, check >> 8])
}

function crc16(bytes: readonly number[]): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1
  }
  return crc
}

function base32(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(group.padEnd(5, '0'), 2)))
    .join('')
}
