import type { Credential, PreviousGeneration } from './records.ts'

/** What follows from a credential's record alone. Pure. */

/** The last generation that was ever begun. */
export function highestOf({ generation, highest = generation }: Pick<Credential, 'generation' | 'highest'>): number {
  return Math.max(generation, highest)
}

/** The generation that pods use: while the next one is being issued still the one before. */
export function inUse(credential: Credential | undefined): PreviousGeneration | undefined {
  if (credential?.state === 'issuing') return credential.previous?.at(-1)
  return credential
}
