import { describe, expect, it } from 'vitest'
import {
  mostOpenFindings,
  type Finding,
  type OpenFinding,
  type RecordedFinding,
  type RecordedReport,
} from '../../domain/fleet.ts'
import { driftOf, stateOf, type DriftPorts } from './drift.ts'
import type { ShardDrift } from './model.ts'

/** What is told of the last looks: in parts, and as it is since. */

const at = '2026-11-21T05:00:00.000Z'
const later = '2026-11-21T05:10:00.000Z'
const finding: RecordedFinding = {
  kind: 'policy-changed',
  resource: { kind: 'Workload', name: 'claims/one' },
  cluster: 'dev',
  where: 'arn',
  what: 'put the policy',
  answer: 'repairing',
  since: at,
}
const open: OpenFinding = { ...finding, shard: 'place/1/x' }
const other: OpenFinding = { ...open, where: 'another' }

describe('a finding', () => {
  it.each<[string, RecordedFinding, Parameters<typeof stateOf>[1], object]>([
    ['that is on record is what the look answered', finding, { drift: [open] }, { state: 'repairing' }],
    [
      'that nothing is done about is reported',
      { ...finding, answer: 'reported' },
      { drift: [open] },
      { state: 'reported' },
    ],
    ['of nobody is reported', { ...finding, answer: 'reported' }, undefined, { state: 'reported' }],
    [
      'that was put right since',
      finding,
      { repaired: { at: later, findings: [open] } },
      { state: 'repaired', repairedAt: later },
    ],
    [
      'that was put right before it came again is not',
      finding,
      { drift: [open], repaired: { at, findings: [open] } },
      { state: 'repairing' },
    ],
    [
      'that a reconcile did not find',
      finding,
      { drift: [other], repaired: { at: later, findings: [other] } },
      { state: 'gone' },
    ],
    ['that is only due is on no record', { ...finding, kind: 'due' }, {}, { state: 'repairing' }],
    [
      'that has no room on the record',
      finding,
      { drift: Array.from({ length: mostOpenFindings }, () => other) },
      { state: 'repairing' },
    ],
  ])('%s', (_, one, record, expected) => {
    expect(stateOf(one, record, at)).toEqual(expected)
  })
})

describe('the answer', () => {
  const places = Array.from({ length: 12 }, (_, index) => String(100_000_000_000 + index))

  function ports(count: number): DriftPorts {
    const report = (account: string): RecordedReport => ({
      shard: { kind: 'place', account, region: 'eu-west-1' },
      mode: 'repair',
      compared: count,
      skipped: { paused: 0, underway: 0, unsettled: 0, recent: 0 },
      failed: [],
      counts: { orphan: count },
      findings: Array.from({ length: count }, (_, index): Finding & { since: string } => ({
        kind: 'orphan',
        where: `${account}-${index}`,
        what: 'nobody’s',
        answer: 'reported',
        since: at,
      })),
      at,
    })
    const clusters = places.map((account) => ({
      spec: { aws: { account, region: 'eu-west-1' }, repository: { url: 'https://git.example/c.git', branch: 'main' } },
    }))
    return {
      store: { list: async () => clusters, getMany: async () => [] } as never,
      fleet: { mode: async () => ({ mode: 'repair' }), reports: async () => places.map(report) },
      installation: { account: '200000000000', region: 'eu-west-1' },
    }
  }

  async function all(from: DriftPorts, query = {}) {
    const shards: ShardDrift[] = []
    let parts = 0
    for (let cursor: string | undefined; ;) {
      const { drift } = await driftOf(from, { ...query, ...(cursor === undefined ? {} : { cursor }) })
      parts += 1
      shards.push(...(drift?.shards ?? []))
      cursor = drift?.cursor
      if (cursor === undefined) return { parts, shards }
    }
  }

  it('comes in parts that fit, and together has everything once', async () => {
    const { parts, shards } = await all(ports(300))
    expect(parts).toBe(4)
    const names = shards.map(({ shard }) => shard)
    expect(names).toEqual([...new Set(names)].toSorted())
    expect(names).toHaveLength(places.length + 2)
    expect(shards.reduce((sum, { findings }) => sum + findings.length, 0)).toBe(12 * 300)
  })

  it('in brief says when, and nothing else, in one part', async () => {
    const { parts, shards } = await all(ports(300), { brief: true })
    expect(parts).toBe(1)
    expect(shards.every(({ findings }) => findings.length === 0)).toBe(true)
    expect(shards.filter((one) => one.at === at)).toHaveLength(12)
  })

  it('names what nobody has looked at yet, and nothing that is no part of the fleet any more', async () => {
    const { shards } = await all(ports(1))
    expect(shards.filter((one) => one.at === undefined).map(({ shard }) => shard)).toEqual([
      'registry/200000000000/eu-west-1',
      'repository/main/https://git.example/c.git',
    ])
    const gone = { ...ports(1), store: { list: async () => [], getMany: async () => [] } as never }
    expect((await all(gone)).shards.map(({ shard }) => shard)).toEqual(['registry/200000000000/eu-west-1'])
  })
})
