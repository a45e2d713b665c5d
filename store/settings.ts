import type { Clock } from '../domain/effects.ts'
import { Terminal } from '../domain/errors.ts'

export interface StoreOptions {
  readonly clock: Clock
  /** How long a lease lasts when it is taken or renewed. */
  readonly leaseMilliseconds: number
  /** The longest time that one function may take. */
  readonly functionMilliseconds: number
  /** How long a change waits for its event before the sweep looks; 30 seconds when absent. */
  readonly graceMilliseconds?: number
}

export interface Settings {
  readonly clock: Clock
  readonly leaseMilliseconds: number
  /** A lease with less than this left is renewed before a function works on it. */
  readonly leastLeftMilliseconds: number
  readonly functionMilliseconds: number
  readonly graceMilliseconds: number
}

/** A lease outlives the longest function by this, so that clocks may differ and a last call may end. */
const marginMilliseconds = 60_000

export function settingsOf(options: StoreOptions): Settings {
  const { clock, leaseMilliseconds, functionMilliseconds, graceMilliseconds = 30_000 } = options
  const leastLeftMilliseconds = functionMilliseconds + marginMilliseconds
  if (leaseMilliseconds < leastLeftMilliseconds) {
    throw new Terminal(`a lease of ${leaseMilliseconds} ms ends before a function of ${functionMilliseconds} ms does`, {
      fix: `make leases last at least ${leastLeftMilliseconds} ms`,
    })
  }
  return { clock, leaseMilliseconds, leastLeftMilliseconds, functionMilliseconds, graceMilliseconds }
}
