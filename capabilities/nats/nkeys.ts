import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { SecretValue, reveal } from '../../domain/secret.ts'

/**
 * Ed25519 keys in NATS' text form: a prefix, 32 bytes and a CRC-16, in base 32. The nkeys library makes random
 * ones only, and its JavaScript takes 5 ms for what Node's own cryptography does in a twentieth of that.
 * https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth
 */
export interface Key {
  readonly publicKey: string
  /** `SA…`, `SO…`, `SU…` */
  readonly seed: SecretValue
  sign(data: Uint8Array): Uint8Array
}

/** Operator, account, user. */
export type KeyKind = keyof typeof prefixes

const prefixes = { O: 14 << 3, A: 0, U: 20 << 3 } as const
const seedPrefix = 18 << 3
/** DER of a PKCS #8 Ed25519 private key up to its 32 bytes, RFC 8410. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
/** The same of a SubjectPublicKeyInfo. */
const spki = Buffer.from('302a300506032b6570032100', 'hex')

/** The key pair of 32 secret bytes. */
export function keyOf(kind: KeyKind, raw: Uint8Array): Key {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, raw]), format: 'der', type: 'pkcs8' })
  const publicBytes = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  const prefix = prefixes[kind]
  return {
    publicKey: encode([prefix, ...publicBytes]),
    seed: new SecretValue(encode([seedPrefix | (prefix >> 5), (prefix & 31) << 3, ...raw])),
    sign: (data) => sign(null, data, privateKey),
  }
}

/** The key pair of a seed's text, which `operatorkeys.ts` has checked for its form. */
export function keyOfSeed(kind: KeyKind, seed: SecretValue): Key {
  return keyOf(kind, Uint8Array.from(decodeBase32(reveal(seed)).slice(2, 34)))
}

/** Whether the holder of this key, of whatever kind, signed the data. False too for what is no public key. */
export function isSignedBy(publicKey: string, data: Uint8Array, signature: Uint8Array): boolean {
  const bytes = decodeBase32(publicKey).slice(0, 35)
  if (bytes.length !== 35 || encode(bytes.slice(0, 33)) !== publicKey) return false
  const key = createPublicKey({
    key: Buffer.concat([spki, Buffer.from(bytes.slice(1, 33))]),
    format: 'der',
    type: 'spki',
  })
  return verify(null, data, key, signature)
}

function encode(data: readonly number[]): string {
  const check = crc16(data)
  return encodeBase32([...data, check & 0xff, check >> 8])
}

/** XMODEM. */
function crc16(bytes: readonly number[]): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1
  }
  return crc
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function encodeBase32(bytes: readonly number[]): string {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => alphabet.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('')
}

function decodeBase32(text: string): number[] {
  const bits = text
    .split('')
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  return (bits.match(/.{8}/g) ?? []).map((group) => Number.parseInt(group, 2))
}
