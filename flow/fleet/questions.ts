import type { PlacementSubject, TenancySubject, WorkloadSubject } from '../../domain/capability.ts'
import type { BulkPlace, Shard } from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { desiredClusters, placementSubject, workloadSubject, type Specs, type World } from '../world.ts'
import { namedSystem, worldOf, type Platform } from './scope.ts'
import type { FleetCapability, Sight } from './sight.ts'

/** A shard that has pages. */
export type PagedShard = Exclude<Shard, { kind: 'repository' }>

/** `per` says which subjects it takes. */
export type AnyFleetCapability =
  FleetCapability<WorkloadSubject<never>> | FleetCapability<PlacementSubject<never>> | FleetCapability<TenancySubject>

export interface Seen {
  readonly capability: Pick<AnyFleetCapability, 'name' | 'per'>
  readonly sight: Sight<never>
}

export interface Scope {
  readonly specs: Specs
  readonly platform: Platform
  readonly shard: PagedShard
  readonly place: BulkPlace
  readonly seen: readonly Seen[]
}

/** One subject of one capability. */
export interface Question {
  readonly seen: Seen
  readonly subject: never
  /** Absent for what is per workload. */
  readonly cluster?: string
}

type Where = 'wanted' | 'left'

/** Whom to ask about what of a record: where it is wanted, or where it is not and may have left something. */
export function questionsOf(scope: Scope, record: WorkloadRecord | SystemRecord, where: Where): readonly Question[] {
  if (record.kind === 'System') return scope.shard.kind === 'place' ? ofSystem(scope, record, where) : []
  const world = worldOf(scope.platform, record)
  if (world === undefined) return []
  return scope.shard.kind === 'registry' ? ofWorkload(scope, world, where) : ofPlacements(scope, world, where)
}

function ofWorkload({ specs, seen }: Scope, world: World, where: Where): readonly Question[] {
  const subject = workloadSubject(world, specs)
  if ((subject.spec === undefined) !== (where === 'left')) return []
  return seen.map((one) => ({ seen: one, subject: subject as never }))
}

function ofPlacements({ specs, place, seen }: Scope, world: World, where: Where): readonly Question[] {
  const capabilities = seen.filter(({ capability }) => capability.per === 'placement')
  const wanted = new Set(desiredClusters(world, specs).map(({ name }) => name))
  const claimed = new Set(Object.keys(world.record.claims).map((key) => key.split('/')[1]))
  const clusters = place.clusters.filter(({ name }) =>
    where === 'wanted' ? wanted.has(name) : !wanted.has(name) && claimed.has(name),
  )
  return clusters.flatMap(({ name }) => {
    const subject = placementSubject(world, specs, name) as never
    return capabilities.map((one) => ({ seen: one, subject, cluster: name }))
  })
}

function ofSystem({ platform, place, seen }: Scope, record: SystemRecord, where: Where): readonly Question[] {
  if (record.spec === undefined) return []
  const { environments } = record.spec as SystemSpec
  const capabilities = seen.filter(({ capability }) => capability.per === 'system')
  return place.clusters.flatMap((cluster) => {
    const open = environments.includes(cluster.spec.environment)
    if (open !== (where === 'wanted')) return []
    const common = { installation: platform.installation, system: namedSystem(record), cluster }
    const subject: TenancySubject = open ? common : { ...common, retired: true }
    return capabilities.map((one) => ({ seen: one, subject: subject as never, cluster: cluster.name }))
  })
}
