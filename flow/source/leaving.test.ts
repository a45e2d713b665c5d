import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../test/contract/store-fixture.ts'
import { createFleet } from '../../store/fleet.ts'
import { memoryTable } from '../../store/memory.ts'
import { createStore } from '../../store/store.ts'
import { removals } from './removals.ts'
import { whyHeld, type Present } from './leaving.ts'

/** P9 at the source: what one reading would retire, weighed with what leaves elsewhere. */

const brake = { workloads: 1, share: 0.1, systemShare: 0.25 }

const world = (workloads: number, system = 's'): Present => ({
  present: new Map([[system, workloads]]),
  own: [],
  elsewhere: [],
})
const names = (count: number, system = 's') => Array.from({ length: count }, (_, index) => `${system}/w${index}`)

describe('removals of one reading', () => {
  it.each<[string, readonly string[], Present, readonly string[], Partial<typeof brake>, string | undefined]>([
    ['one of a fleet of one', names(1), world(1), [], {}, undefined],
    ['one, beside two elsewhere', names(1), world(5), ['o/1', 'o/2'], {}, undefined],
    ['one, beside three elsewhere', names(1), world(5), ['o/1', 'o/2', 'o/3'], {}, '4 workloads would leave'],
    ['one, beside three that retire elsewhere', names(1), { ...world(5), elsewhere: names(3, 'o') }, [], {}, '4 work'],
    ['one, beside many of the same source', names(1), { ...world(5), own: names(4, 's') }, [], {}, undefined],
    ['one of a large fleet, beside nine elsewhere', names(1), world(100), names(9, 'o'), {}, undefined],
    ['one of a large fleet, beside ten elsewhere', names(1), world(100), names(10, 'o'), {}, '10 % of all'],
    ['two at once', names(2), world(100), [], {}, 'and 1 may be'],
    ['two, where two may be', names(2), world(100), [], { workloads: 2 }, undefined],
    ['more than the share of all', names(11), world(100), [], { workloads: 50 }, '10 % of all'],
    [
      'more than the share of its System',
      names(2),
      world(7),
      [],
      { workloads: 5, share: 1 },
      '25 % of the workloads of s',
    ],
    ['one, where every removal waits', names(1), world(100), [], { workloads: 0 }, 'every removal waits'],
    ['none', [], world(1), names(50, 'o'), {}, undefined],
  ])('%s', (_, going, present, lately, other, expected) => {
    const why = whyHeld(going, present, lately, { ...brake, ...other })
    if (expected === undefined) expect(why).toBeUndefined()
    else expect(why).toContain(expected)
  })

  it('that wait go on waiting when more goes, or when less is left', () => {
    const count = fc.integer({ min: 0, max: 40 })
    fc.assert(
      fc.property(count, count, count, fc.integer({ min: 1, max: 60 }), (going, lately, more, there) => {
        const held = (ours: number, others: number, all: number) =>
          whyHeld(names(ours), world(all), names(others, 'o'), brake) !== undefined
        if (going === 0 || !held(going, lately, there)) return
        expect(held(going, lately + more, there)).toBe(true)
        expect(held(going + more, lately, there)).toBe(true)
        expect(held(going, lately, Math.max(1, there - more))).toBe(true)
      }),
    )
  })
})

describe('many sources that lack one workload each', () => {
  const sources = Array.from({ length: 10 }, (_, index) => `source-${index}`)

  async function emptied() {
    const clock = manualClock()
    const table = memoryTable()
    const store = createStore(table, { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
    const fleet = createFleet(table, { clock })
    for (const source of sources) {
      for (const name of ['one', 'two']) {
        await store.declare({ ref: { kind: 'Workload', name: `${source}/${name}` }, spec: {}, origin: { source } })
      }
      await store.declare({ ref: { kind: 'Source', name: source }, spec: {}, origin: { source: 'apply' } })
    }
    const look = async (source: string, braked: readonly string[] = []) => {
      const record = await store.get({ kind: 'Source', name: source })
      if (record === undefined) throw new Error('no source')
      const declared = { ...record, declared: [`${source}/one`, `${source}/two`], braked }
      const reading = { declared: new Set([`${source}/two`]), unreadable: new Set<string>(), problems: [] }
      return removals({ store, fleet, brake }, declared, reading)
    }
    return { clock, store, look }
  }

  it.each(['one after the other', 'all at once'])('are stopped after a few: %s', async (how) => {
    const { look } = await emptied()
    const found = []
    if (how === 'all at once') found.push(...(await Promise.all(sources.map((source) => look(source)))))
    else for (const source of sources) found.push(await look(source))
    expect(found.filter(({ retired }) => retired.length > 0)).toHaveLength(3)
    const held = found.filter(({ braked }) => braked.length > 0)
    expect(held).toHaveLength(7)
    for (const { brakedWhy } of held)
      expect(brakedWhy).toMatch(/workloads would leave at the same time: more than 10 %/)
  })

  it('stay stopped until somebody lets them go, however much time passes', async () => {
    const { look, clock, store } = await emptied()
    for (const source of sources) await look(source)
    clock.time += 24 * 3_600_000
    expect(await look('source-9', ['source-9/one'])).toMatchObject({ retired: [], braked: ['source-9/one'] })
    expect((await store.get({ kind: 'Workload', name: 'source-9/one' }))?.intent).toBe('present')
  })
})
