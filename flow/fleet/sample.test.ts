import { describe, expect, it } from 'vitest'
import { sampleOf } from './sample.ts'

const period = 3_600_000
const names = (count: number) => Array.from({ length: count }, (_, index) => `s/w${index}`)

describe('the deep sample', () => {
  it.each([1, 5, 6, 23, 100])('of %i workloads takes each in its turn, and none twice in one look', (count) => {
    const all = names(count)
    const seen = new Set<string>()
    for (let look = 0; look < Math.ceil(count / 5); look++) {
      const sample = sampleOf(all, { size: 5, period }, look * period + 17)
      expect(new Set(sample).size).toBe(Math.min(5, count))
      for (const name of sample) seen.add(name)
    }
    expect(seen.size).toBe(count)
  })

  it('is the same for a look that is tried again, and none when nothing is sampled', () => {
    const at = 1_800_000_000_000
    expect(sampleOf(names(50), { size: 5, period }, at)).toEqual(sampleOf(names(50), { size: 5, period }, at + 1000))
    expect(sampleOf(names(50), { size: 0, period }, at)).toEqual([])
    expect(sampleOf([], { size: 5, period }, at)).toEqual([])
  })
})
