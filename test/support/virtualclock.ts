import type { Clock } from '../../domain/effects.ts'

/**
 * Time that passes only when everybody waits for it: those who sleep at the same time sleep together, so that what
 * runs side by side takes as long as its longest part, and not the sum.
 */
export interface VirtualClock extends Clock {
  advance(milliseconds: number): void
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export function virtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = start
  let passing = false
  const sleepers: Sleeper[] = []

  async function pass(): Promise<void> {
    passing = true
    while (sleepers.length > 0) {
      await everybodyWaits()
      const next = Math.min(...sleepers.map(({ at }) => at))
      now = Math.max(now, next)
      const due = sleepers.filter(({ at }) => at <= now)
      sleepers.splice(0, sleepers.length, ...sleepers.filter(({ at }) => at > now))
      for (const { wake } of due) wake()
    }
    passing = false
  }

  return {
    now: () => now,
    advance(milliseconds) {
      now += milliseconds
    },
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        sleepers.push({ at: now + Math.max(0, milliseconds), wake: resolve })
        if (!passing) void pass()
      }),
  }
}

/** Everything in memory runs to its next wait within a few turns of the event loop. */
async function everybodyWaits(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
