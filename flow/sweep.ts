import type { Installation } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { EventBus, FairwayEvent } from '../domain/events.ts'
import type { Pace, Slowed } from '../domain/pace.ts'
import type { ClusterSpec } from '../domain/resources.ts'
import type { AnyRecord, Ref, Store } from '../domain/store.ts'
import { dueOf, gatesOf, oldestOfEach, sharesOf } from './due.ts'
import { isRotating } from './rotating.ts'
import { choose, type StartLimits } from './start.ts'
import { namedClusters, systemsIn, type Specs } from './world.ts'

/** Milliseconds until the sweep looks again at what is not settled. */
export interface SweepTimes {
  /** Failed with an error that may pass. */
  readonly retry: number
  /** Failed with an error that needs a person, or waits for somebody's input. */
  readonly waiting: number
}

export interface SweepPorts {
  readonly store: Store
  readonly bus: EventBus
  readonly clock: Clock
  readonly installation: Installation
  readonly specs: Specs
  readonly pace: Pace
  readonly start: StartLimits
}

export interface Swept {
  readonly events: number
  /** Due, and left for the next run. */
  readonly waiting: number
  /** Where AWS is not asked for as much as elsewhere. */
  readonly slowed: readonly Slowed[]
}

/** More than this is not looked at in one run; keys only. */
const mostWaiting = 10_000
/** Records read in one run, to choose from. */
const mostRead = 2_000
/** Milliseconds between two runs. */
const every = 60_000

/**
 * The safety net, and the queue: looks at what is due (not ready, drifted, expiring, or held by a lease that ran out)
 * and says *look*, for as much as there is room for. A resource that is fine by now costs one mint-free reconcile.
 * Nothing due costs one query.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const { store, bus, pace, start } = ports
  const now = ports.clock.now()
  const found = (await store.waiting(now, mostWaiting)).toSorted((a, b) => a.at - b.at)
  if (found.length === 0) return { events: 0, waiting: 0, slowed: [] }
  const touched = await throughClusters(
    store,
    found.map(({ ref }) => ref),
  )
  const waiting = [...found.filter(({ ref }) => ref.kind !== 'Cluster'), ...touched.map((ref) => ({ ref, at: now }))]
  const [records, running, slowed, clusters] = await Promise.all([
    readAll(
      store,
      oldestOfEach(waiting, mostRead).map(({ ref }) => ref),
    ),
    store.leases.held(start.concurrent),
    pace.slowed(),
    namedClusters(store),
  ])
  const places = { registry: ports.installation.account, clusters, specs: ports.specs }
  const chosen = choose(
    records.flatMap((record) => dueOf(record, places, now) ?? []),
    running.map((record) => ({ gates: gatesOf(record, places) })),
    { ...start, turn: Math.floor(now / every) },
    sharesOf(slowed),
  )
  const byName = new Map(records.map((record) => [nameOf(record), record]))
  await bus.publish(chosen.flatMap(({ ref }) => eventFor(byName.get(nameOf(ref)), now)))
  return { events: chosen.length, waiting: waiting.length - chosen.length, slowed }
}

function eventFor(record: AnyRecord | undefined, now: number): FairwayEvent[] {
  const reason = record?.drift?.length ? 'drift' : 'sweep'
  switch (record?.kind) {
    case 'Workload': {
      const detail = { workload: record.name, reason }
      if (record.intent === 'retire') return [{ type: 'WorkloadRemoved', detail }]
      return [{ type: isRotating(record, now) ? 'RotationRequested' : 'WorkloadChanged', detail }]
    }
    case 'System':
      return [{ type: 'SystemChanged', detail: { system: record.name, reason } }]
    case 'Source':
      return [{ type: 'SourceChanged', detail: { source: record.name, reason } }]
    default:
      return []
  }
}

/**
 * A changed Cluster is looked at through the Systems of its environment, which become due. No machine of its own takes
 * its lease: this does, so that what changes meanwhile is noticed, and it is no longer due itself.
 */
async function throughClusters(store: Store, found: readonly Ref[]): Promise<readonly Ref<'System'>[]> {
  const taken = await Promise.all(
    found.flatMap(({ kind, name }) => (kind === 'Cluster' ? [takeCluster(store, { kind, name })] : [])),
  )
  const held = taken.flatMap((each) => each ?? [])
  if (held.length === 0) return []
  const systems = await systemsIn(store, new Set(held.map(({ environment }) => environment)))
  const refs = systems.map((name) => ({ kind: 'System', name }) as const)
  for (const ref of refs) await store.touch(ref)
  const again: Ref[] = []
  for (const { ref, fence } of held) if ((await store.leases.release(ref, fence)) === 'again') again.push(ref)
  const known = new Set(found.map(nameOf))
  const touched = refs.filter((ref) => !known.has(nameOf(ref)))
  return [...touched, ...(await throughClusters(store, again)).filter((ref) => !systems.includes(ref.name))]
}

async function takeCluster(store: Store, ref: Ref<'Cluster'>) {
  const taken = await store.leases.acquire(ref, 'sweep')
  if (taken.result !== 'acquired') return undefined
  const { environment } = taken.record.spec as ClusterSpec
  return { ref, fence: taken.fence, environment }
}

async function readAll(store: Store, refs: readonly Ref[]): Promise<readonly AnyRecord[]> {
  const records: AnyRecord[] = []
  for (let start = 0; start < refs.length; start += 100) {
    records.push(...(await store.getMany(refs.slice(start, start + 100))))
  }
  return records
}

function nameOf({ kind, name }: Pick<Ref, 'kind' | 'name'>): string {
  return `${kind}/${name}`
}
