import type { Clock } from '../domain/effects.ts'
import { specHash } from '../domain/hash.ts'
import type { Installation } from '../domain/capability.ts'
import type { EventBus } from '../domain/events.ts'
import type { Fleet } from '../domain/fleet.ts'
import type { Portal } from '../domain/portal.ts'
import type { Status, WorkloadRecord } from '../domain/records.ts'
import type { SourceSpec } from '../domain/resources.ts'
import type { Store } from '../domain/store.ts'
import { answerFor, entitiesFor } from './entities.ts'
import { pausedIn } from './modes.ts'
import { missedRollBacks } from './rollbacks.ts'
import { driftAfter, mayLeave } from './fleet/closing.ts'
import { statusAfter } from './status.ts'
import { desiredClusters, holdWorld, leavingClusters, type Specs, type World } from './world.ts'
import { type CommitOutcome, flatten } from './outcome.ts'
import type { SweepTimes } from './sweep.ts'

export interface ReportPorts {
  readonly store: Store
  readonly installation: Installation
  readonly specs: Specs
  readonly portal: Portal
  readonly bus: EventBus
  readonly clock: Clock
  readonly sweep: SweepTimes
  readonly fleet: Pick<Fleet, 'mode'>
}

export interface Reported {
  readonly phase: string
  readonly result: 'updated' | 'unchanged'
  /** Epoch milliseconds for the release, or null. */
  readonly due: number | null
}

/**
 * Status, then what people see. The portal is told before the record says so: a crash in between tells it the same
 * thing twice, which an upsert does not mind; the other way round it would never be told.
 */
export async function reportWorkload(
  ports: ReportPorts,
  input: {
    readonly workload: string
    readonly fence: number
    readonly generation: number
    readonly outcomes: unknown
    readonly commits: readonly CommitOutcome[]
  },
): Promise<Reported> {
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  await cancelRemovals(ports.store, world.record, input)
  const now = ports.clock.now()
  const outcomes = flatten(input.outcomes)
  const clusters = desiredClusters(world, ports.specs).map(({ name }) => name)
  const status = statusAfter(world.record, {
    outcomes,
    commits: input.commits,
    clusters,
    notices: missedRollBacks(world.record),
    generation: input.generation,
    now,
  })
  const drift = driftAfter(world.record, { outcomes, commits: input.commits })
  const result = await tellAndRecord(ports, world, input.fence, status, drift)
  if (leavingClusters(world, ports.specs).length > 0 && mayLeave(world.record, input.generation)) {
    const detail = { workload: input.workload, reason: 'no longer placed in every cluster' }
    await ports.bus.publish([{ type: 'WorkloadRemoved', detail }])
  }
  const expiries = outcomes.flatMap(({ due }) => due ?? [])
  return { phase: status.phase, result, due: dueAt(status, expiries, now, ports.sweep) }
}

/**
 * What was to leave and is on the branch again. A crash before this leaves an old confirmation, which the next
 * retirement does not take for its own: it looks at the branch.
 */
async function cancelRemovals(
  store: Store,
  { removals }: WorkloadRecord,
  input: { readonly workload: string; readonly fence: number; readonly commits: readonly CommitOutcome[] },
): Promise<void> {
  const rendered = input.commits
    .flatMap((commit) => (commit.ok ? commit.placements : []))
    .filter(({ state, cluster }) => state === 'rendered' && removals?.[cluster] !== undefined)
  for (const { cluster } of rendered)
    await store.cancelRemoval({ kind: 'Workload', name: input.workload }, input.fence, cluster)
}

/** Also used when a workload retires: reports `status` everywhere it is not yet known. */
export async function tellAndRecord(
  ports: Pick<ReportPorts, 'store' | 'portal'>,
  world: World,
  fence: number,
  status: Status,
  drift?: ReturnType<typeof driftAfter>,
): Promise<'updated' | 'unchanged'> {
  const { record } = world
  const source = await ports.store.get({ kind: 'Source', name: record.origin.source })
  const entities = entitiesFor(world, status, source?.spec as SourceSpec | undefined)
  const seen = { port: specHash(entities) }
  if (record.reported['port'] !== seen.port) await Promise.all(entities.map((entity) => ports.portal.upsert(entity)))
  const runs = answerable(record, status) ? (record.runs ?? []) : []
  const answer = answerFor(record, status)
  await Promise.all(runs.map((run) => ports.portal.answer(run, answer)))
  return ports.store.report(
    { kind: 'Workload', name: record.name },
    fence,
    status,
    { ...record.reported, ...seen },
    runs,
    drift,
  )
}

/** A run is answered once its generation was carried out, waits for people, or failed in a way that they must mend. */
function answerable(record: WorkloadRecord, status: Status): boolean {
  if (status.error?.type === 'Terminal' || pausedIn(status)) return true
  return status.error === undefined && status.observedGeneration === record.generation
}

function dueAt(status: Status, expiries: readonly number[], now: number, sweep: SweepTimes): number | null {
  const retry = status.error && status.error.type !== 'Terminal' ? [now + sweep.retry] : []
  const waits = status.phase === 'Ready' ? [] : [now + sweep.waiting]
  const times = [...expiries, ...retry, ...waits]
  return times.length === 0 ? null : Math.min(...times)
}
