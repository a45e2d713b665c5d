import type { Clock } from '../domain/effects.ts'
import type { EventBus, FairwayEvent } from '../domain/events.ts'
import type { ClusterSpec } from '../domain/resources.ts'
import type { WorkloadRecord } from '../domain/records.ts'
import type { Ref, Store } from '../domain/store.ts'
import { isRotating } from './rotating.ts'
import { systemsIn, workloadRef } from './world.ts'

/** Milliseconds until the sweep looks again at what is not settled. */
export interface SweepTimes {
  /** Failed with an error that may pass. */
  readonly retry: number
  /** Failed with an error that needs a person, or waits for somebody's input. */
  readonly waiting: number
}

/** As many as one run publishes; the next run takes the rest. */
const limit = 200

/**
 * The safety net: looks at what is due (not ready, dirty, expiring, or held by a lease that ran out) and says *look*.
 * It decides nothing; a resource that is fine by now costs one mint-free reconcile.
 */
export async function sweep(ports: {
  readonly store: Store
  readonly bus: EventBus
  readonly clock: Clock
}): Promise<{ readonly events: number }> {
  const now = ports.clock.now()
  const due = await ports.store.due(now, limit)
  const records = await ports.store.getMany(due.filter(isWorkload).map(({ name }) => workloadRef(name)))
  const workloads = new Map(records.map((record) => [record.name, record]))
  const events = [
    ...due.flatMap((ref) => eventFor(ref, workloads.get(ref.name), now)),
    ...(await clusterEvents(ports.store, due)),
  ]
  await ports.bus.publish(events)
  for (const ref of due.filter(({ kind }) => kind === 'Cluster')) await settle(ports.store, ref)
  return { events: events.length }
}

/** All sources' heads, because webhooks get lost. */
export async function lookAtSources(ports: {
  readonly store: Store
  readonly bus: EventBus
}): Promise<{ readonly events: number }> {
  const sources = (await ports.store.list('Source')).filter(({ spec }) => spec !== undefined)
  await ports.bus.publish(
    sources.map(({ name }) => ({
      type: 'SourceChanged',
      detail: { source: name, reason: 'schedule' },
    })),
  )
  return { events: sources.length }
}

function eventFor(ref: Ref, workload: WorkloadRecord | undefined, now: number): FairwayEvent[] {
  const reason = 'sweep'
  switch (ref.kind) {
    case 'Workload':
      return [{ type: workloadEvent(workload, now), detail: { workload: ref.name, reason } }]
    case 'System':
      return [{ type: 'SystemChanged', detail: { system: ref.name, reason } }]
    case 'Source':
      return [{ type: 'SourceChanged', detail: { source: ref.name, reason } }]
    case 'Cluster':
      return []
  }
}

function workloadEvent(workload: WorkloadRecord | undefined, now: number) {
  if (workload?.intent === 'retire') return 'WorkloadRemoved'
  return workload && isRotating(workload, now) ? 'RotationRequested' : 'WorkloadChanged'
}

/** A changed Cluster is looked at through the Systems of its environment. */
async function clusterEvents(store: Store, due: readonly Ref[]): Promise<FairwayEvent[]> {
  const names = new Set(due.filter(({ kind }) => kind === 'Cluster').map(({ name }) => name))
  if (names.size === 0) return []
  const changed = (await store.list('Cluster')).filter(({ name }) => names.has(name))
  const specs = changed.flatMap(({ spec }) => (spec === undefined ? [] : [spec as ClusterSpec]))
  const systems = await systemsIn(store, new Set(specs.map(({ environment }) => environment)))
  return systems.map((system) => ({ type: 'SystemChanged', detail: { system, reason: 'sweep' } }))
}

/** No machine of its own takes a Cluster's lease: its event is out, so it is no longer due. */
async function settle(store: Store, ref: Ref): Promise<void> {
  const taken = await store.leases.acquire(ref, 'sweep')
  if (taken.result === 'acquired') await store.leases.release(ref, taken.fence)
}

function isWorkload(ref: Ref): ref is Ref<'Workload'> {
  return ref.kind === 'Workload'
}
