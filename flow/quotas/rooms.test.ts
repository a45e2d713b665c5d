import { describe, expect, it } from 'vitest'
import type { NamedCluster } from '../../domain/capability.ts'
import type { Demand, PlaceUsage, RecordedReport } from '../../domain/fleet.ts'
import type { Valid } from '../source/ports.ts'
import { isTight, roomsOf, withoutRoom, type QuotaContext } from './rooms.ts'

/** Who is refused, and who is not, by what the last looks say is used. */

const cluster = (name: string, spec: object = {}): NamedCluster =>
  ({
    name,
    spec: { environment: name, aws: { account: '111122223333', region: 'eu-west-1', cluster: `eks-${name}` }, ...spec },
  }) as unknown as NamedCluster

function report(usage: PlaceUsage, admitted: Record<string, Demand> = {}, region = 'eu-west-1'): RecordedReport {
  const skipped = { paused: 0, underway: 0, unsettled: 0, recent: 0 }
  const shard = { kind: 'place', account: '111122223333', region } as const
  const looked = { shard, mode: 'repair', compared: 0, skipped, failed: [], counts: {}, findings: [] } as const
  return { ...looked, usage, admitted, at: '2026-11-21T05:00:00.000Z' }
}

const context = (clusters: readonly NamedCluster[]): QuotaContext => ({
  clusters,
  specs: {
    environmentsOf: (spec) => (spec as { environments: readonly string[] }).environments,
    forEnvironment: (spec) => spec as object,
  },
  demandOf: (spec) => ({ roles: 1, associations: 1, applications: 1, ...(spec as { demand?: object }).demand }),
})

const workload = (name: string, environments: readonly string[], demand = {}): Valid => ({
  kind: 'Workload',
  name,
  spec: { environments, demand },
  file: `${name}.yaml`,
  line: 3,
})

function refused(
  clusters: readonly NamedCluster[],
  reports: readonly RecordedReport[],
  workloads: readonly Valid[],
  records: readonly { readonly name: string; readonly spec?: unknown }[] = [],
): readonly string[] {
  const rooms = roomsOf(clusters, reports)
  const of = context(clusters)
  if (!isTight(rooms, workloads, of)) return []
  return withoutRoom(rooms, workloads, records, of).map(({ message }) => message)
}

const used = (roles: number, associations = 0, applications = 0): PlaceUsage => ({
  roles: { used: roles, quota: 1000 },
  associations: { dev: associations },
  applications: { dev: applications },
})
const one = [workload('s/one', ['dev'])]

describe('a new placement', () => {
  const dev = cluster('dev')
  it.each<[string, readonly NamedCluster[], readonly RecordedReport[], RegExp | undefined]>([
    ['has room while nobody has looked', [dev], [], undefined],
    ['has room for the last role before the reserve', [dev], [report(used(979))], undefined],
    ['has none for a role of the reserve', [dev], [report(used(980))], /980 of 1000 IAM roles of the account 1111222/],
    ['counts what was admitted since', [dev], [report(used(979), { dev: demand(1) })], /980 of 1000 IAM roles/],
    ['counts it in all regions', [dev], [report(used(979)), report(used(979), { x: demand(1) }, 'us-east-1')], /980/],
    [
      'has the quota that the account has',
      [dev],
      [report({ ...used(0), roles: { used: 4899, quota: 5000 } })],
      undefined,
    ],
    ['or less, as its Cluster says', [cluster('dev', { limits: { roles: 500 } })], [report(used(490))], /490 of 500/],
    ['has 5,000 associations in a cluster', [dev], [report(used(0, 4900))], /4900 of 5000 Pod Identity associations/],
    [
      'or as many as the Cluster says',
      [cluster('dev', { limits: { associations: 9000 } })],
      [report(used(0, 4900))],
      undefined,
    ],
    ['has Applications without number', [dev], [report(used(0, 0, 100_000))], undefined],
    [
      'or as many as the Cluster says',
      [cluster('dev', { limits: { applications: 1000 } })],
      [report(used(0, 0, 980))],
      /Argo CD/,
    ],
    ['is nobody’s where roles could not be read', [dev], [report({ associations: {}, applications: {} })], undefined],
  ])('%s', (_, clusters, reports, expected) => {
    const messages = refused(clusters, reports, one)
    if (expected === undefined) expect(messages).toEqual([])
    else expect(messages).toEqual([expect.stringMatching(expected)])
  })

  it('that needs no role is not refused for want of one', () => {
    const without = workload('s/one', ['dev'], { roles: 0, associations: 0 })
    expect(refused([dev], [report(used(1000, 5000))], [without])).toEqual([])
  })
})

describe('what is placed already', () => {
  it('is never refused, and its new environment is', () => {
    const clusters = [cluster('dev'), cluster('prod')]
    const full = [report(used(2000, 9000, 9000))]
    const record = { name: 's/one', spec: { environments: ['dev'] } }
    expect(refused(clusters, full, one, [record])).toEqual([])
    const both = [workload('s/one', ['dev', 'prod'])]
    expect(refused(clusters, full, both, [record])).toEqual([expect.stringContaining('no room in prod')])
  })

  it('is new again where only its tombstone is left', () => {
    expect(refused([cluster('dev')], [report(used(980))], one, [{ name: 's/one' }])).toHaveLength(1)
  })
})

it('of several at once the first take what there is, also of two clusters in one account', () => {
  const clusters = [cluster('dev'), cluster('prod')]
  const many = ['a', 'b', 'c', 'd'].map((name) => workload(`s/${name}`, ['dev', 'prod']))
  const rooms = roomsOf(clusters, [report(used(975))])
  const problems = withoutRoom(rooms, many, [], context(clusters))
  expect(problems.map(({ resource, file, line }) => [resource, file, line])).toEqual([
    ['Workload s/c', 's/c.yaml', 3],
    ['Workload s/d', 's/d.yaml', 3],
  ])
})

function demand(count: number): Demand {
  return { roles: count, associations: count, applications: count }
}
