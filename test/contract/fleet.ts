import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mostFindings, shardName, type Finding, type Fleet, type Shard, type ShardReport } from '../../domain/fleet.ts'
import { createFleet } from '../../store/fleet.ts'
import { manualClock, type ManualClock } from './store-fixture.ts'
import type { Opened } from './table.ts'

const minute = 60_000
const place: Extract<Shard, { kind: 'place' }> = { kind: 'place', account: '111122223333', region: 'eu-west-1' }
const branch: Shard = { kind: 'repository', url: 'https://git.example/acme/dev.git', branch: 'main' }
const role: Finding = { kind: 'role-deleted', where: 'arn', what: 'create role r', answer: 'repairing' }

function report(more: Partial<ShardReport> = {}): ShardReport {
  const skipped = { paused: 0, underway: 0, unsettled: 0, recent: 0 }
  return { shard: place, mode: 'repair', compared: 3, skipped, failed: [], counts: {}, findings: [], ...more }
}

/** What the record of looks and settings promises over every table. */
export function fleetContract(implementation: string, open: () => Promise<Opened>): void {
  describe(`the fleet's record, ${implementation}`, () => {
    let opened: Opened
    let clock: ManualClock
    let fleet: Fleet
    beforeEach(async () => {
      opened = await open()
      clock = manualClock()
      fleet = createFleet(opened.table, { clock })
    })
    afterEach(async () => opened.close())

    const begin = (holder: string, shard: Shard = place) => fleet.begin(shard, holder, clock.time + 10 * minute)
    const look = async (holder: string, found: Partial<ShardReport> = {}) => {
      expect(await begin(holder)).toBe('begun')
      return fleet.end(place, holder, report(found))
    }

    test('one looks at a shard at a time, and others at other shards', async () => {
      expect(await begin('a')).toBe('begun')
      expect(await begin('b')).toBe('running')
      expect(await begin('b', branch)).toBe('begun')
      await fleet.end(place, 'a', report())
      expect(await begin('b')).toBe('begun')
    })

    test('of many at once one begins', async () => {
      const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((holder) => begin(holder)))
      expect(answers.filter((answer) => answer === 'begun')).toHaveLength(1)
    })

    test('who asks again is the same look, and one that died is overdue', async () => {
      await begin('a')
      expect(await begin('a')).toBe('begun')
      clock.time += 10 * minute + 1
      expect(await begin('b')).toBe('begun')
    })

    test('a look that took too long does not put its report over that of the next', async () => {
      await begin('slow')
      clock.time += 10 * minute + 1
      await look('next', { compared: 7 })
      await expect(fleet.end(place, 'slow', report())).rejects.toThrow('another look')
      expect((await fleet.report(place))?.compared).toBe(7)
    })

    test('a report says when it ended, and the one before is answered', async () => {
      expect(await fleet.report(place)).toBeUndefined()
      expect(await look('a')).toBeUndefined()
      const at = new Date(clock.time).toISOString()
      expect(await fleet.report(place)).toEqual({ ...report(), at })
      clock.time += 60 * minute
      expect(await look('b', { compared: 4 })).toMatchObject({ compared: 3, at })
    })

    test('a finding keeps the time at which it was first seen, until it is gone', async () => {
      const since = new Date(clock.time).toISOString()
      await look('a', { findings: [role] })
      clock.time += 60 * minute
      const other: Finding = { ...role, kind: 'trust-changed' }
      await look('b', { findings: [{ ...role, what: 'said otherwise' }, other] })
      const now = new Date(clock.time).toISOString()
      expect((await fleet.report(place))?.findings.map((finding) => finding.since)).toEqual([since, now])
      await look('c')
      clock.time += 60 * minute
      await look('d', { findings: [role] })
      expect((await fleet.report(place))?.findings[0]?.since).toBe(new Date(clock.time).toISOString())
    })

    test('the reports of all shards are read together; one that has only begun has none', async () => {
      await look('a')
      await begin('b', branch)
      expect((await fleet.reports()).map(({ shard }) => shardName(shard))).toEqual([shardName(place)])
      await fleet.end(branch, 'b', report({ shard: branch }))
      expect((await fleet.reports()).map(({ shard }) => shard)).toEqual(expect.arrayContaining([place, branch]))
    })

    test('a report of very many long findings has room', async () => {
      const long = 'x'.repeat(5_000)
      const findings = Array.from({ length: 2 * mostFindings }, (_, index) => ({
        ...role,
        where: `arn:aws:iam::111122223333:role/fairway/production-apps-a-system-a-workload-${index}`,
        what: long,
        why: long,
      }))
      await look('a', { findings, counts: { 'role-deleted': findings.length } })
      const found = await fleet.report(place)
      expect(found?.findings).toHaveLength(mostFindings)
      expect(found?.counts).toEqual({ 'role-deleted': 2 * mostFindings })
    })

    test('a report whose removals are held by the thousand has room, and each go lets those pass that it names', async () => {
      const name = (index: number) => `${'s'.repeat(63)}/${'w'.repeat(55)}-${String(index).padStart(6, '0')}`
      const held = Array.from({ length: 5_000 }, (_, index) => name(index))
      const text = 'x'.repeat(400)
      const findings = held.map((where) => ({
        ...role,
        where: `arn:aws:iam::111122223333:role/${where}`,
        what: text,
        why: text,
      }))
      await look('a', { braked: 'too many', held, findings })
      const named = (await fleet.report(place))?.held ?? []
      expect(named.length).toBeGreaterThanOrEqual(500)
      expect(await fleet.release(place, 'ada')).toEqual(named)
      const rest = held.filter((one) => !named.includes(one))
      await look('b', { braked: 'too many', held: rest, findings })
      expect((await fleet.report(place))?.held).toEqual(rest.slice(0, named.length))
    })

    test('the fleet is repaired until somebody says otherwise, and who did is on record', async () => {
      expect(await fleet.mode()).toEqual({ mode: 'repair' })
      await fleet.setMode('paused', 'ada', 'an outage')
      const since = new Date(clock.time).toISOString()
      expect(await fleet.mode()).toEqual({ mode: 'paused', who: 'ada', why: 'an outage', since })
      await fleet.setMode('repair', 'ben')
      expect(await fleet.mode()).toEqual({ mode: 'repair', who: 'ben', since })
    })

    test('the modes that were set are read back, the last first, and no more than a person reads', async () => {
      expect(await fleet.modes()).toEqual([])
      for (let round = 0; round < 30; round++) await fleet.setMode('report', 'ada', `round ${round}`)
      const modes = await fleet.modes()
      expect(modes).toHaveLength(20)
      expect(modes[0]).toEqual(await fleet.mode())
      expect(modes.map(({ why }) => why)).toEqual(Array.from({ length: 20 }, (_, index) => `round ${29 - index}`))
    })

    test('of many sources that ask at once each is told of those before it, and of none that was refused', async () => {
      const told: string[][] = []
      const ask = (source: string, most: number) =>
        fleet.leave(source, [`${source}/one`], (elsewhere) => {
          told.push([...elsewhere])
          return elsewhere.length >= most ? `${elsewhere.length} left already` : undefined
        })
      const answers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((source) => ask(source, 3)))
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(3)
      expect(answers.filter((answer) => answer === '3 left already')).toHaveLength(2)
      expect(Math.max(...told.map(({ length }) => length))).toBe(3)
      clock.time += 60 * minute
      expect(await ask('f', 1)).toBeUndefined()
      expect(told.at(-1)).toEqual([])
    })

    test('a source is not told of its own, and asks again without being counted twice', async () => {
      const seen: (readonly string[])[] = []
      const note = (elsewhere: readonly string[]) => void seen.push(elsewhere)
      for (const name of ['a/one', 'a/one', 'a/two']) await fleet.leave('a', [name], note)
      await fleet.leave('b', ['b/one'], note)
      expect(seen.slice(0, 3)).toEqual([[], [], []])
      expect(seen[3]?.toSorted()).toEqual(['a/one', 'a/two'])
    })

    test('what is admitted is added up until the next look has ended, and not where nobody has looked', async () => {
      const one = { roles: 1, associations: 1, applications: 1 }
      await fleet.admitted(place, { dev: one })
      expect(await fleet.report(place)).toBeUndefined()
      await look('a')
      await Promise.all([fleet.admitted(place, { dev: one }), fleet.admitted(place, { dev: one, prod: one })])
      const two = { roles: 2, associations: 2, applications: 2 }
      expect((await fleet.report(place))?.admitted).toEqual({ dev: two, prod: one })
      await look('b')
      expect(await fleet.report(place)).not.toHaveProperty('admitted')
    })

    test('what the brake holds is let go by name, and a go does not outlast that', async () => {
      expect(await fleet.release(place, 'ada')).toEqual([])
      await look('a', { braked: 'too many', held: ['s/one', 's/two'] })
      expect(await fleet.release(place, 'ada')).toEqual(['s/one', 's/two'])
      const at = new Date(clock.time).toISOString()
      const released = { who: 'ada', at, workloads: ['s/one', 's/two'] }
      expect(await fleet.report(place)).toMatchObject({ released })
      await look('b', { braked: 'too many', held: ['s/two', 's/three'] })
      expect((await fleet.report(place))?.released).toEqual({ ...released, workloads: ['s/two'] })
      await look('c')
      expect(await fleet.report(place)).not.toHaveProperty('released')
      expect(await fleet.release(place, 'ada')).toEqual([])
    })

    test('a go that comes while a look is under way is there for the next one', async () => {
      await look('a', { braked: 'too many', held: ['s/one'] })
      await begin('b')
      await fleet.release(place, 'ada')
      await fleet.end(place, 'b', report({ braked: 'too many', held: ['s/one'] }))
      expect((await fleet.report(place))?.released?.workloads).toEqual(['s/one'])
    })
  })
}
