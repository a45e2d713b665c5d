import { RetryLater } from '../../domain/errors.ts'
import { sha256 } from '../../domain/hash.ts'

/** What was cut off or changed, on its way or where it lay, is not what was put: nobody works with it. */
export function verified(hash: string, text: string): string {
  if (sha256(text) === hash) return text
  throw new RetryLater(`what is stored under ${hash.slice(0, 12)} is something else`)
}

/** Part of a path or key: nothing but what `sha256` makes. */
export function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}
