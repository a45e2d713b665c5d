import type { NamedCluster } from '../../domain/capability.ts'
import type { ClusterRecord, SourceRecord, SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { ClusterSpec, SourceSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import type { Target } from '../steps.ts'

export interface NamedSource {
  readonly name: string
  readonly spec: SourceSpec
}

/** What is declared, read once. */
export interface Declared {
  readonly sources: readonly SourceRecord[]
  readonly clusters: readonly ClusterRecord[]
  readonly systems: readonly SystemRecord[]
  readonly workloads: readonly WorkloadRecord[]
}

export async function readDeclared(store: Pick<Store, 'list'>): Promise<Declared> {
  const [sources, clusters, systems, workloads] = await Promise.all([
    store.list('Source'),
    store.list('Cluster'),
    store.list('System'),
    store.list('Workload'),
  ])
  return { sources, clusters, systems, workloads }
}

export function namedClusters({ clusters }: Declared): readonly NamedCluster[] {
  return clusters.flatMap(({ name, spec }) => (spec === undefined ? [] : [{ name, spec: spec as ClusterSpec }]))
}

export function namedSources({ sources }: Declared): readonly NamedSource[] {
  return sources.flatMap(({ name, spec }) => (spec === undefined ? [] : [{ name, spec: spec as SourceSpec }]))
}

/** Each account and region once, in order. */
export function placesOf(clusters: readonly NamedCluster[]): readonly Target[] {
  const places = new Map(
    clusters.map(({ spec: { aws } }) => [`${aws.account}/${aws.region}`, { account: aws.account, region: aws.region }]),
  )
  return [...places.values()]
}

/** One place of each account: for what is global to it. */
export function accountsOf(clusters: readonly NamedCluster[]): readonly Target[] {
  return [...new Map(placesOf(clusters).map((place) => [place.account, place])).values()]
}
