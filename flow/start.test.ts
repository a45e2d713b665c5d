import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choose, type AtWork, type Due } from './start.ts'

const due = (name: string, more: Partial<Due> = {}): Due => ({
  ref: { kind: 'Workload', name },
  since: 0,
  asked: false,
  system: name.slice(0, name.indexOf('/')),
  gates: [],
  ...more,
})
const names = (chosen: readonly Due[]) => chosen.map(({ ref }) => ref.name)
const working = (count: number, gates: readonly string[] = []): AtWork[] =>
  Array.from({ length: count }, () => ({ gates }))

describe('what is started', () => {
  it('is what people wait for before drift and expiry, and then what waits the longest', () => {
    const drifted = [due('a/1', { since: 1 }), due('a/2', { since: 0 })]
    const asked = [due('a/3', { since: 9, asked: true }), due('a/4', { since: 8, asked: true })]
    expect(names(choose([...drifted, ...asked], [], { concurrent: 8, turn: 1 }))).toEqual(['a/4', 'a/3', 'a/2', 'a/1'])
    expect(names(choose([...drifted, ...asked], [], { concurrent: 2, turn: 1 }))).toEqual(['a/4', 'a/3'])
  })

  it('is no more than there is room for beside what is at work', () => {
    const many = Array.from({ length: 9 }, (_, index) => due(`a/${index}`))
    expect(choose(many, working(3), { concurrent: 5, turn: 0 })).toHaveLength(2)
    expect(choose(many, working(5), { concurrent: 5, turn: 0 })).toEqual([])
    expect(choose(many, working(7), { concurrent: 5, turn: 0 })).toEqual([])
  })

  it('is one of each System in turn, so that a thousand of one do not hold up one of another', () => {
    const many = Array.from({ length: 1000 }, (_, index) => due(`a/${index}`, { since: index }))
    const chosen = names(choose([...many, due('b/1', { since: 5000 })], [], { concurrent: 10, turn: 0 }))
    expect(chosen).toContain('b/1')
    expect(chosen.filter((name) => name.startsWith('a/'))).toEqual(many.slice(0, 9).map(({ ref }) => ref.name))
  })

  it('is something of the rest too, however much people ask for', () => {
    const asked = Array.from({ length: 100 }, (_, index) => due(`a/${index}`, { asked: true }))
    const chosen = choose([...asked, due('b/1'), due('b/2'), due('b/3')], [], { concurrent: 8, turn: 1 })
    expect(chosen.filter((each) => !each.asked)).toHaveLength(2)
    const alone = [0, 1, 2, 3].flatMap((turn) => choose([...asked, due('b/1')], [], { concurrent: 1, turn }))
    expect(alone.filter((each) => !each.asked)).toHaveLength(1)
  })

  it('is less where an account is slow, down to one at a time, and as much as ever elsewhere', () => {
    const slow = Array.from({ length: 20 }, (_, index) => due(`a/${index}`, { gates: ['111111111111'] }))
    const other = Array.from({ length: 20 }, (_, index) => due(`b/${index}`, { gates: ['222222222222'] }))
    const at = (share: number, running: readonly AtWork[] = []) =>
      names(choose([...slow, ...other], running, { concurrent: 40, turn: 0 }, new Map([['111111111111', share]])))
    expect(at(1).filter((name) => name.startsWith('a/'))).toHaveLength(20)
    expect(at(0.25).filter((name) => name.startsWith('a/'))).toHaveLength(10)
    expect(at(0.25, working(8, ['111111111111'])).filter((name) => name.startsWith('a/'))).toHaveLength(2)
    expect(at(0.01).filter((name) => name.startsWith('a/'))).toHaveLength(1)
    expect(at(0.01, working(1, ['111111111111'])).filter((name) => name.startsWith('a/'))).toEqual([])
    for (const share of [1, 0.25, 0.01]) expect(at(share).filter((name) => name.startsWith('b/'))).toHaveLength(20)
  })
})

const gates = fc.subarray(['111111111111', '222222222222', '111111111111/ecr'])
const fleet = fc.array(
  fc.record({
    system: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    since: fc.integer({ min: 0, max: 20 }),
    asked: fc.boolean(),
    gates,
  }),
  { maxLength: 60 },
)
const dueIn = (fleet: readonly Omit<Due, 'ref'>[]) =>
  fleet.map((each, index): Due => ({ ...each, ref: { kind: 'Workload', name: `${each.system}/${index}` } }))
const room = fc.record({ concurrent: fc.integer({ min: 1, max: 12 }), turn: fc.nat(1000) })
const paces = fc.dictionary(
  fc.constantFrom('111111111111', '222222222222', '111111111111/ecr'),
  fc.double({ min: 0.03, max: 1, noNaN: true }),
)

describe('whatever is due', () => {
  it('each is started once, within all bounds, and no room is left where something could use it', () => {
    fc.assert(
      fc.property(
        fleet,
        fc.array(fc.record({ gates }), { maxLength: 8 }),
        room,
        paces,
        (fleet, running, limits, shares) => {
          const all = dueIn(fleet)
          const chosen = choose(all, running, limits, new Map(Object.entries(shares)))
          expect(new Set(names(chosen)).size).toBe(chosen.length)
          expect(chosen.every((each) => all.includes(each))).toBe(true)
          expect(chosen.length).toBeLessThanOrEqual(Math.max(0, limits.concurrent - running.length))
          const passing = (gate: string) => [...running, ...chosen].filter(({ gates }) => gates.includes(gate)).length
          const full = Object.entries(shares).filter(
            ([gate, share]) => passing(gate) >= Math.max(1, Math.floor(limits.concurrent * share)),
          )
          for (const [gate, share] of full) {
            const before = running.filter(({ gates }) => gates.includes(gate)).length
            expect(passing(gate)).toBeLessThanOrEqual(Math.max(before, 1, Math.floor(limits.concurrent * share)))
          }
          if (chosen.length < limits.concurrent - running.length) {
            const shut = new Set(full.map(([gate]) => gate))
            const left = all.filter((each) => !chosen.includes(each) && !each.gates.some((gate) => shut.has(gate)))
            expect(left).toEqual([])
          }
        },
      ),
    )
  })

  it('Systems get the same, but for one, as long as they have something due', () => {
    fc.assert(
      fc.property(fleet, room, (fleet, limits) => {
        const all = dueIn(fleet.map((each) => ({ ...each, asked: true })))
        const chosen = choose(all, [], limits)
        const count = (among: readonly Due[], name: string) => among.filter(({ system }) => system === name).length
        const systems = [...new Set(all.map(({ system }) => system))]
        const most = Math.max(0, ...systems.map((system) => count(chosen, system)))
        const short = systems.filter((system) => count(chosen, system) < Math.min(most - 1, count(all, system)))
        expect(short).toEqual([])
      }),
    )
  })

  it('no System starves, however many there are for the room, while all of them have more and more due', () => {
    for (let systems = 1; systems <= 12; systems++) {
      const all = Array.from({ length: systems }, (_, index) => `s${index}`)
      const queues = all.flatMap((system) =>
        [true, false].flatMap((asked) =>
          Array.from({ length: 3 }, (_, index) => due(`${system}/${asked}-${index}`, { asked })),
        ),
      )
      for (let concurrent = 1; concurrent <= 12; concurrent++) {
        const started = new Set<string>()
        for (let turn = 29_000_000; turn < 29_000_000 + 16 * systems; turn++) {
          for (const { system, asked } of choose(queues, [], { concurrent, turn })) started.add(`${system} ${asked}`)
        }
        expect(started.size, `${systems} Systems, room for ${concurrent}`).toBe(2 * systems)
      }
    }
  })

  it('nothing starves: each is started within a bounded number of runs, though new ones keep coming', () => {
    fc.assert(
      fc.property(fleet, room, (fleet, { concurrent, turn }) => {
        const first = dueIn(fleet)
        let waiting = first
        const runs = 8 * (first.length + 10)
        for (let run = 0; run < runs && waiting.some((each) => first.includes(each)); run++) {
          const late = ['a', 'b', 'h'].map((system) => due(`${system}/late-${run}`, { since: 100 + run, asked: true }))
          const all = waiting.concat(late)
          const chosen = new Set(choose(all, [], { concurrent, turn: turn + run }))
          waiting = all.filter((each) => !chosen.has(each))
        }
        expect(waiting.filter((each) => first.includes(each))).toEqual([])
      }),
      { numRuns: 50 },
    )
  })
})
