import type { Contents } from '../../domain/handover.ts'
import { sha256 } from '../../domain/hash.ts'
import { verified } from './verified.ts'

/** The twin of the others, for tests and simulations. `texts` by hash. */
export function memoryContents(texts = new Map<string, string>()): Contents {
  return {
    async put(text) {
      const hash = sha256(text)
      texts.set(hash, text)
      return hash
    },
    async get(hash) {
      const text = texts.get(hash)
      return text === undefined ? undefined : verified(hash, text)
    },
  }
}
