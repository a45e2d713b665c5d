import { createAws } from './index.ts'
import type { Clock, Random } from '../../domain/effects.ts'
import type { AwsOptions, SimulatedAws } from './index.ts'

export const place = { account: '111122223333', region: 'eu-west-1' }

/** A clock that stands until it is moved; sleeping moves it. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void
}

export function testClock(start = Date.UTC(2026, 0, 1)): TestClock {
  let now = start
  const advance = (milliseconds: number) => {
    now += milliseconds
  }
  return { now: () => now, advance, sleep: async (milliseconds) => advance(milliseconds) }
}

/** The same bytes in every run. */
export function testRandom(seed = 1): Random {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state
  }
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
    fraction: () => next() / 2 ** 32,
  }
}

export function testAws(options: Partial<AwsOptions> = {}): { aws: SimulatedAws; clock: TestClock } {
  const clock = testClock()
  return { clock, aws: createAws({ clock, random: testRandom(), ...place, ...options }) }
}
