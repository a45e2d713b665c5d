import type {
  NamedCluster,
  NamedSystem,
  Installation,
  PlacementSubject,
  WorkloadSubject,
} from '../domain/capability.ts'
import { Terminal } from '../domain/errors.ts'
import type { ClusterSpec, SystemSpec } from '../domain/resources.ts'
import type { ClusterRecord, SystemRecord, WorkloadRecord } from '../domain/records.ts'
import type { Ref, Store } from '../domain/store.ts'
import type { RepositoryPart } from './outcome.ts'

/** What the Workload schema knows and the flow does not: arrives as an argument. */
export interface Specs {
  environmentsOf(spec: unknown): readonly string[]
  /** Overrides merged; undefined where the workload does not run. */
  forEnvironment(spec: unknown, environment: string): object | undefined
}

/** Everything a stage needs to know about one workload, read in one round trip. */
export interface World {
  readonly installation: Installation
  readonly record: WorkloadRecord
  readonly system: NamedSystem
  readonly clusters: readonly NamedCluster[]
}

/** Reads under the lease; an old fence is a Conflict. */
export async function holdWorld(store: Store, installation: Installation, id: string, fence: number): Promise<World> {
  const [record, rest] = await Promise.all([
    store.leases.hold(workloadRef(id), fence),
    readPlatform(store, id.slice(0, id.indexOf('/'))),
  ])
  return { installation, record, ...rest }
}

export async function readPlatform(
  store: Store,
  system: string,
): Promise<{ system: NamedSystem; clusters: readonly NamedCluster[] }> {
  const [record, clusters] = await Promise.all([store.get({ kind: 'System', name: system }), namedClusters(store)])
  if (record?.spec === undefined) {
    throw new Terminal(`the System ${system} is not declared`, { fix: 'declare it in the platform repository' })
  }
  return { system: namedSystem(record), clusters }
}

/** All that are declared. */
export async function namedClusters(store: Store): Promise<readonly NamedCluster[]> {
  return (await store.list('Cluster')).filter(({ spec }) => spec !== undefined).map(named)
}

export function workloadRef(id: string): Ref<'Workload'> {
  return { kind: 'Workload', name: id }
}

/** That something of the workload may be on a cluster's branch. */
export const branchClaim = { capability: 'commit', what: 'branch' } as const

/** Clusters that the spec places the workload in, in order of name. */
export function desiredClusters(world: Pick<World, 'record' | 'clusters'>, specs: Specs): readonly NamedCluster[] {
  if (world.record.intent === 'retire' || world.record.spec === undefined) return []
  const environments = new Set(specs.environmentsOf(world.record.spec))
  return world.clusters
    .filter((cluster) => environments.has(cluster.spec.environment))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Clusters that still hold something of the workload although the spec no longer places it there. */
export function leavingClusters(world: Pick<World, 'record' | 'clusters'>, specs: Specs): readonly NamedCluster[] {
  const desired = new Set(desiredClusters(world, specs).map((cluster) => cluster.name))
  const held = new Set([
    ...Object.keys(world.record.status.placements),
    ...Object.keys(world.record.removals ?? {}),
    ...Object.entries(world.record.claims)
      .filter(([, claim]) => claim.retained !== true)
      .map(([key]) => key.split('/')[1] ?? '-'),
  ])
  return world.clusters.filter((cluster) => held.has(cluster.name) && !desired.has(cluster.name))
}

/** The repositories these clusters live in: several may share one. */
export function repositoriesOf(clusters: readonly NamedCluster[]): readonly RepositoryPart[] {
  const repositories = new Map<string, { url: string; branch: string; clusters: string[] }>()
  for (const { name, spec } of clusters) {
    const { url, branch } = spec.repository
    const key = JSON.stringify([url, branch])
    const part = repositories.get(key) ?? { url, branch, clusters: [] }
    part.clusters.push(name)
    repositories.set(key, part)
  }
  return [...repositories.values()]
}

/** Names of the Systems that are open to one of these environments. */
export async function systemsIn(store: Store, environments: ReadonlySet<string>): Promise<readonly string[]> {
  const open = ({ spec }: SystemRecord) =>
    (spec as SystemSpec | undefined)?.environments.some((environment) => environments.has(environment))
  return (await store.list('System')).filter(open).map(({ name }) => name)
}

export function workloadSubject(world: World, specs: Specs): WorkloadSubject<object> {
  const clusters = desiredClusters(world, specs)
  const gone = world.record.intent === 'retire' || world.record.spec === undefined
  return {
    installation: world.installation,
    system: world.system,
    workload: world.record.name.slice(world.record.system.length + 1),
    incarnation: world.record.incarnation,
    clusters,
    ...(gone ? {} : { spec: world.record.spec as object }),
  }
}

/** `spec` is absent where the workload is not, or no longer, placed: what is ours is removed. */
export function placementSubject(world: World, specs: Specs, cluster: string): PlacementSubject<object> {
  const place = world.clusters.find((candidate) => candidate.name === cluster)
  if (place === undefined) {
    throw new Terminal(`the Cluster ${cluster} is not declared`, { fix: 'declare it in the platform repository' })
  }
  const placed = desiredClusters(world, specs).includes(place)
  const spec = placed ? specs.forEnvironment(world.record.spec, place.spec.environment) : undefined
  return {
    installation: world.installation,
    system: world.system,
    workload: world.record.name.slice(world.record.system.length + 1),
    incarnation: world.record.incarnation,
    cluster: place,
    ...(spec === undefined ? {} : { spec }),
  }
}

function named(record: ClusterRecord): NamedCluster {
  return { name: record.name, spec: record.spec as ClusterSpec }
}

function namedSystem(record: SystemRecord): NamedSystem {
  return { name: record.name, spec: record.spec as SystemSpec }
}
