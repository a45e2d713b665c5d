import { createHash } from 'node:crypto'

/**
 * JSON with sorted keys: equal data, equal text. `undefined` members vanish, as in JSON.
 * Used for hashes and comparisons, never for what people read.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}

/** Lower-case hex SHA-256 of a text (UTF-8) or bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** The first 16 hex characters of the hash of the canonical form: the `fairway:spec-hash` tag. */
export function specHash(value: unknown): string {
  return sha256(canonical(value)).slice(0, 16)
}
