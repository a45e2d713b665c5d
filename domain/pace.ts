/**
 * How much at once a service of an account takes, learned from what it refuses: halved when it throttles, and given
 * back with time (additive increase, multiplicative decrease). Other accounts and services keep their pace.
 */

/** After the last throttle that counted. */
export interface PaceState {
  /** Of full pace: above 0, at most 1. */
  readonly share: number
  /** Epoch milliseconds */
  readonly at: number
}

export interface Slowed {
  readonly account: string
  /** As AWS prefixes its actions: `iam`, `secretsmanager`. */
  readonly service: string
  /** Of full pace, now: above 0, below 1. */
  readonly share: number
}

export interface Pace {
  /** A throttle came through the retries of a client. Writes at most once in `halvingEvery`. */
  throttled(account: string, service: string): Promise<void>
  /** Those that are below full pace now; eventually consistent. */
  slowed(): Promise<readonly Slowed[]>
}

/** Milliseconds: one burst meets many throttles, and says only once that it was too much. */
export const halvingEvery = 5_000
/** Milliseconds from a standstill to full pace. */
export const recovery = 10 * 60_000
/** Work goes on, whatever happens, so that it is seen when it is over. */
export const leastShare = 1 / 32

/** Pure. `now` in epoch milliseconds. */
export function shareAt(state: PaceState | undefined, now: number): number {
  if (state === undefined) return 1
  // Clocks differ: a throttle of a moment from now has just been.
  return Math.min(1, state.share + Math.max(0, now - state.at) / recovery)
}

/** Pure. Undefined: this throttle belongs to one that was counted already. */
export function slower(state: PaceState | undefined, now: number): PaceState | undefined {
  if (state !== undefined && now - state.at < halvingEvery) return undefined
  return { share: Math.max(leastShare, shareAt(state, now) / 2), at: now }
}
