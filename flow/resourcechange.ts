import type { Installation, NamedCluster } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { EventBus, FairwayEvent } from '../domain/events.ts'
import { stricter, type Fleet } from '../domain/fleet.ts'
import type { SystemSpec } from '../domain/resources.ts'
import type { AnyRecord, Ref, Store } from '../domain/store.ts'
import { concernedBy, type ChangedResource, type ResourceChange } from './changedresource.ts'
import { ownersOfRole } from './roleowner.ts'
import { namedClusters, workloadRef } from './world.ts'

export type { ResourceChange } from './changedresource.ts'

export interface ResourceChangePorts {
  readonly store: Store
  readonly bus: EventBus
  readonly clock: Clock
  readonly installation: Installation
  readonly fleet: Pick<Fleet, 'mode'>
}

/**
 * Somebody else changed something that may be Fairway's: whose it is is found by its name alone, and that is looked at
 * now. What nobody knows is ignored, what is on its way out too, and so is everything where nothing is repaired: the
 * look at the fleet stays the truth.
 */
export async function lookAtChange(
  ports: ResourceChangePorts,
  change: ResourceChange,
): Promise<{ readonly events: number }> {
  const changed = concernedBy(ports.installation, change)
  const owners = changed ? await ownersOf(ports, changed) : []
  if (owners.length === 0) return { events: 0 }
  const records = (await ports.store.getMany(owners)).filter(isThere)
  const modes = await modesOf(ports, records)
  const events: FairwayEvent[] = []
  for (const record of records) {
    if (modes.get(systemOf(record)) !== 'repair') continue
    // Whoever works on it goes round once more: a storm of changes starts one reconcile, not a thousand executions.
    if (record.lease !== undefined && record.lease.until >= ports.clock.now()) await ports.store.touch(record)
    else events.push(eventFor(record))
  }
  await ports.bus.publish(events)
  return { events: events.length }
}

async function ownersOf(
  { store, installation }: ResourceChangePorts,
  changed: ChangedResource,
): Promise<readonly Ref<'Workload' | 'System'>[]> {
  if (changed.kind === 'repository') return [workloadRef(changed.workload)]
  const clusters = (await namedClusters(store)).filter(({ spec }) => spec.aws.account === changed.account)
  if (changed.kind === 'role') return ownersOfRole(store, installation.name, clusters, changed.name)
  const here = clusters.filter((cluster) => isIn(cluster, changed))
  return here.length > 0 ? [workloadRef(changed.workload)] : []
}

function isIn({ name, spec }: NamedCluster, changed: Exclude<ChangedResource, { kind: 'repository' | 'role' }>) {
  if (spec.aws.region !== changed.region) return false
  return changed.kind === 'secret' ? name === changed.cluster : spec.aws.cluster === changed.cluster
}

/** The stricter of what the fleet and each System say. */
async function modesOf({ store, fleet }: ResourceChangePorts, records: readonly AnyRecord[]) {
  if (records.length === 0) return new Map<string, never>()
  const names = [...new Set(records.map(systemOf))]
  const [{ mode }, systems] = await Promise.all([
    fleet.mode(),
    store.getMany(names.map((name) => ({ kind: 'System', name }) as const)),
  ])
  return new Map(
    systems.map(({ name, spec }) => [name, stricter(mode, (spec as SystemSpec | undefined)?.reconcile ?? 'repair')]),
  )
}

function isThere(record: AnyRecord): boolean {
  return record.spec !== undefined && !(record.kind === 'Workload' && record.intent === 'retire')
}

function systemOf(record: AnyRecord): string {
  return record.kind === 'Workload' ? record.system : record.name
}

function eventFor(record: AnyRecord): FairwayEvent {
  const reason = 'changed by others'
  return record.kind === 'System'
    ? { type: 'SystemChanged', detail: { system: record.name, reason } }
    : { type: 'WorkloadChanged', detail: { workload: record.name, reason } }
}
