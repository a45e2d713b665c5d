import type { NamedCluster } from '../../domain/capability.ts'
import type { Demand, RecordedReport } from '../../domain/fleet.ts'
import type { Problem, WorkloadRecord } from '../../domain/records.ts'
import type { Valid } from '../source/ports.ts'
import type { Specs } from '../world.ts'

/**
 * What AWS and Argo CD bound in an account or a cluster, as far as the last look there knows: workloads that would
 * exceed it are refused where they are declared, and not by AWS in the middle of the work. AWS remains the truth.
 */

/** What a placement takes; its spec with the overrides of its environment merged. */
export type DemandOf = (spec: object, cluster: NamedCluster) => Demand

/** https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html */
const associationsOfCluster = 5_000
/** Kept for what was admitted and not counted, and for what people need in a hurry. */
const reserve = 0.02

export interface Room {
  /** `IAM roles of the account 111122223333` */
  readonly what: string
  readonly used: number
  readonly limit: number
  /** What to do when it is used up. */
  readonly fix: string
  /** Of these is more than `limit` with the reserve taken off. */
  left: number
}

type Kind = keyof Demand
type Rooms = ReadonlyMap<string, Room>

/** By `<kind>/<account or cluster>`; absent where nobody has looked, or nothing bounds it. Pure. */
export function roomsOf(clusters: readonly NamedCluster[], reports: readonly RecordedReport[]): Rooms {
  const rooms = new Map<string, Room>()
  for (const cluster of clusters) {
    const there = reports.filter((report) => accountOf(report) === cluster.spec.aws.account)
    const own = there.find(({ shard }) => shard.kind === 'place' && shard.region === cluster.spec.aws.region)
    const all = [roles(cluster, clusters, there), associations(cluster, own), applications(cluster, own)]
    for (const [kind, room] of all) if (room) rooms.set(keyOf(kind, cluster), room)
  }
  return rooms
}

/** Of everything in the account: pages of each of its regions count them all. */
function roles(cluster: NamedCluster, clusters: readonly NamedCluster[], there: readonly RecordedReport[]): Of {
  const known = there.filter(({ usage }) => usage?.roles !== undefined)
  const latest = known.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1)?.usage?.roles
  if (latest === undefined) return ['roles', undefined]
  const { account } = cluster.spec.aws
  const own = clusters
    .filter(({ spec }) => spec.aws.account === account)
    .flatMap(({ spec }) => spec.limits?.roles ?? [])
  const used = latest.used + admitted(there, 'roles')
  const fix = 'raise the quota “Roles per account” of IAM in Service Quotas, or retire what is not needed'
  return ['roles', room(`IAM roles of the account ${account}`, used, Math.min(latest.quota, ...own), fix)]
}

function associations({ name, spec }: NamedCluster, own: RecordedReport | undefined): Of {
  const listed = own?.usage?.associations[name]
  if (listed === undefined) return ['associations', undefined]
  const used = listed + admitted([own], 'associations', name)
  const fix = `place it in another cluster, or retire what is not needed; spec.limits.associations of Cluster ${name} says where it ends`
  const limit = spec.limits?.associations ?? associationsOfCluster
  return ['associations', room(`Pod Identity associations of ${spec.aws.cluster}`, used, limit, fix)]
}

function applications({ name, spec }: NamedCluster, own: RecordedReport | undefined): Of {
  const limit = spec.limits?.applications
  const listed = own?.usage?.applications[name]
  if (limit === undefined || own?.usage === undefined) return ['applications', undefined]
  const used = (listed ?? 0) + admitted([own], 'applications', name)
  const fix = `place it in another cluster, or raise spec.limits.applications of Cluster ${name} if its Argo CD takes more`
  return ['applications', room(`Argo CD Applications of Cluster ${name}`, used, limit, fix)]
}

type Of = readonly [Kind, Room | undefined]

function room(what: string, used: number, limit: number, fix: string): Room {
  return { what, used, limit, fix, left: Math.floor(limit * (1 - reserve)) - used }
}

function admitted(reports: readonly (RecordedReport | undefined)[], kind: Kind, cluster?: string): number {
  const all = reports.flatMap((report) => Object.entries(report?.admitted ?? {}))
  return all
    .filter(([name]) => cluster === undefined || name === cluster)
    .reduce((sum, [, demand]) => sum + demand[kind], 0)
}

function accountOf({ shard }: RecordedReport): string | undefined {
  return shard.kind === 'place' ? shard.account : undefined
}

function keyOf(kind: Kind, { name, spec }: NamedCluster): string {
  return `${kind}/${kind === 'roles' ? spec.aws.account : name}`
}

export interface QuotaContext {
  readonly clusters: readonly NamedCluster[]
  readonly specs: Specs
  readonly demandOf: DemandOf
}

/** Whether any of these could exceed anything, were all of their placements new: only then records are read. Pure. */
export function isTight(rooms: Rooms, workloads: readonly Valid[], { clusters, specs }: QuotaContext): boolean {
  if (rooms.size === 0) return false
  const counts = new Map<string, number>()
  for (const cluster of workloads.flatMap(({ spec }) => placedIn(spec, clusters, specs))) {
    for (const kind of kinds) counts.set(keyOf(kind, cluster), (counts.get(keyOf(kind, cluster)) ?? 0) + 1)
  }
  return [...counts].some(([key, count]) => count > (rooms.get(key)?.left ?? Infinity))
}

/**
 * Those for whose new placements there is no room, each with the first thing that lacks it. What is placed already is
 * never refused. In order: an earlier one takes what a later one lacks. Pure, but for `left` of the rooms.
 */
export function withoutRoom(
  rooms: Rooms,
  workloads: readonly Valid[],
  records: readonly Pick<WorkloadRecord, 'name' | 'spec'>[],
  context: QuotaContext,
): readonly Problem[] {
  const known = new Map(records.map((record) => [record.name, record]))
  return workloads.flatMap((workload) => {
    const demands = newDemands(workload, known.get(workload.name), context)
    const lacking = demands.find(({ key, count }) => count > (rooms.get(key)?.left ?? Infinity))
    if (lacking !== undefined) return [problem(workload, lacking.cluster, rooms.get(lacking.key) as Room)]
    for (const { key, count } of demands) {
      const there = rooms.get(key)
      if (there) there.left -= count
    }
    return []
  })
}

interface KeyedDemand {
  readonly key: string
  readonly cluster: string
  readonly count: number
}

/** Added up: several clusters may be in one account. */
function newDemands(
  workload: Valid,
  record: Pick<WorkloadRecord, 'spec'> | undefined,
  context: QuotaContext,
): readonly KeyedDemand[] {
  const sums = new Map<string, KeyedDemand>()
  for (const { cluster, demand } of newPlacements(workload, record, context)) {
    for (const kind of kinds) {
      const key = keyOf(kind, cluster)
      const count = (sums.get(key)?.count ?? 0) + demand[kind]
      if (demand[kind] > 0) sums.set(key, { key, cluster: cluster.name, count })
    }
  }
  return [...sums.values()]
}

export function newPlacements(
  { spec }: Pick<Valid, 'spec'>,
  record: Pick<WorkloadRecord, 'spec'> | undefined,
  { clusters, specs, demandOf }: QuotaContext,
): readonly { readonly cluster: NamedCluster; readonly demand: Demand }[] {
  const before = new Set(
    record?.spec === undefined ? [] : placedIn(record.spec, clusters, specs).map(({ name }) => name),
  )
  return placedIn(spec, clusters, specs)
    .filter(({ name }) => !before.has(name))
    .flatMap((cluster) => {
      const placed = specs.forEnvironment(spec, cluster.spec.environment)
      return placed === undefined ? [] : [{ cluster, demand: demandOf(placed, cluster) }]
    })
}

function placedIn(spec: unknown, clusters: readonly NamedCluster[], specs: Specs): readonly NamedCluster[] {
  const environments = new Set(specs.environmentsOf(spec))
  return clusters.filter((cluster) => environments.has(cluster.spec.environment))
}

const kinds: readonly Kind[] = ['roles', 'associations', 'applications']

function problem({ kind, name, file, line }: Valid, cluster: string, { what, used, limit, fix }: Room): Problem {
  const message = `${name} has no room in ${cluster}: ${used} of ${limit} ${what} are used, and 2 % are kept in reserve; ${fix}`
  return { file, line, column: 1, resource: `${kind} ${name}`, message }
}
