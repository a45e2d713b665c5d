import type { Random } from '../../../domain/effects.ts'

/** `length` characters of `alphabet` (at most 256). */
export function randomText(random: Random, alphabet: string, length: number): string {
  return [...random.bytes(length)].map((byte) => alphabet[byte % alphabet.length]).join('')
}

/** A version 4 UUID: what the SDK puts into an idempotency token that the caller left out. */
export function uuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
