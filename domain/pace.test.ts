import fc from 'fast-check'
import { expect, it } from 'vitest'
import { halvingEvery, leastShare, recovery, shareAt, slower, type PaceState } from './pace.ts'

const at = 1_800_000_000_000

it('a throttle halves the pace, and a burst of them halves it once', () => {
  const first = slower(undefined, at)
  expect(first).toEqual({ share: 0.5, at })
  expect(slower(first, at + halvingEvery - 1)).toBeUndefined()
  expect(slower(first, at + halvingEvery)?.share).toBeCloseTo((0.5 + halvingEvery / recovery) / 2)
})

it('the pace comes back with time, up to the full one and no further', () => {
  const slow = { share: 0.25, at }
  expect(shareAt(slow, at + recovery / 2)).toBe(0.75)
  expect(shareAt(slow, at + recovery)).toBe(1)
  expect(shareAt(undefined, at)).toBe(1)
})

it('whatever throttles whenever, work goes on, and time alone always brings the full pace back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1000, max: 120_000 }), { maxLength: 100 }), (pauses) => {
      let now = at
      let state: PaceState | undefined
      for (const pause of pauses) {
        now += pause
        const before = shareAt(state, now)
        const next = slower(state, now)
        if (next) expect(next.share).toBeLessThanOrEqual(Math.max(leastShare, before / 2))
        state = next ?? state
        expect(shareAt(state, now)).toBeGreaterThanOrEqual(leastShare)
      }
      expect(shareAt(state, now + recovery + 1000 * pauses.length)).toBe(1)
    }),
  )
})
