import type { Installation } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { Portal } from '../domain/portal.ts'
import type { Condition, Status } from '../domain/records.ts'
import type { Store } from '../domain/store.ts'
import { formerPlacementEntity } from './entities.ts'
import { tellAndRecord } from './report.ts'
import {
  branchClaim,
  holdWorld,
  leavingClusters,
  repositoriesOf,
  workloadRef,
  type Specs,
  type World,
} from './world.ts'
import { failureOf, flatten, type Outcome, type Removed, type RepositoryPart } from './outcome.ts'
import type { SweepTimes } from './sweep.ts'

/**
 * The stages of `retire-workload`. Commit A removes the Application, whose finalizer makes Argo CD remove the
 * objects; only when somebody confirms that they are gone, commit B removes the manifests and what is outside
 * Kubernetes goes. No lease is held while waiting. Each stage looks again at what still leaves, because declaring the
 * workload again cancels.
 */

export interface RetirePorts {
  readonly store: Store
  readonly installation: Installation
  readonly specs: Specs
}

export interface Confirmed {
  /** Placements whose objects are confirmed gone. */
  readonly gone: readonly { readonly cluster: string }[]
  readonly repositories: readonly RepositoryPart[]
  /** Nothing is left to wait for, and the workload as a whole goes. */
  readonly whole: boolean
  readonly proceed: boolean
}

/** First puts on record what commit A came to; after a crash in between it is made again, and changes nothing. */
export async function confirmed(
  ports: RetirePorts,
  input: { readonly workload: string; readonly fence: number; readonly removals: readonly Removed[] },
): Promise<Confirmed> {
  for (const { removed, commit } of input.removals) {
    if (commit === undefined) continue
    for (const cluster of removed) await ports.store.removing(workloadRef(input.workload), input.fence, cluster, commit)
  }
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const leaving = leavingClusters(world, ports.specs)
  const gone = leaving.filter(({ name }) => {
    const { commit, confirmed: by } = world.record.removals?.[name] ?? {}
    return commit !== undefined && by !== undefined
  })
  const whole = world.record.intent === 'retire' && gone.length === leaving.length
  return {
    gone: gone.map(({ name }) => ({ cluster: name })),
    repositories: repositoriesOf(gone),
    whole,
    proceed: whole || gone.length > 0,
  }
}

export async function finishRetiring(
  ports: RetirePorts & { readonly clock: Clock; readonly portal: Portal; readonly sweep: SweepTimes },
  input: { readonly workload: string; readonly fence: number; readonly whole: boolean; readonly outcomes: unknown },
): Promise<{ readonly phase: string; readonly due: number | null }> {
  const ref = workloadRef(input.workload)
  const outcomes = flatten(input.outcomes)
  const failed = outcomes.filter((outcome) => !outcome.ok)
  const before = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  for (const cluster of new Set(outcomes.flatMap((outcome) => outcome.cluster ?? []))) {
    if (failed.some((outcome) => outcome.cluster === cluster)) continue
    if (before.record.status.placements[cluster] !== undefined)
      await ports.portal.upsert(formerPlacementEntity(input.workload, cluster))
    await ports.store.removed(ref, input.fence, cluster)
    await ports.store.ledger(ref, input.fence, branchClaim.capability, cluster).release(branchClaim.what)
  }
  const now = ports.clock.now()
  if (before.record.intent !== 'retire')
    return { phase: before.record.status.phase, due: await partlyDue(ports, input, now) }
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const done = input.whole && failed.length === 0 && Object.keys(world.record.removals ?? {}).length === 0
  const status = retiringStatus(world, outcomes, done, now)
  await tellAndRecord(ports, world, input.fence, status)
  if (done) await ports.store.bury(ref, input.fence)
  const passing = failed.some((outcome) => failureOf(outcome)?.type !== 'Terminal')
  return { phase: status.phase, due: done ? null : againAt(passing, now, ports.sweep) }
}

/** A commit that could not be made, after the machine's last try. */
export async function removalFailed(
  ports: RetirePorts & { readonly clock: Clock; readonly portal: Portal; readonly sweep: SweepTimes },
  input: { readonly workload: string; readonly fence: number; readonly error: NonNullable<Outcome['error']> },
): Promise<{ readonly phase: string; readonly due: number }> {
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const { status } = world.record
  const now = ports.clock.now()
  const failure = failureOf({ error: input.error })
  if (failure !== undefined) {
    const error = { ...failure, at: new Date(now).toISOString() }
    await tellAndRecord(ports, world, input.fence, { ...status, error })
  }
  return { phase: status.phase, due: againAt(failure?.type !== 'Terminal', now, ports.sweep) }
}

/** What a person has to mend is not tried every minute. */
function againAt(passing: boolean, now: number, sweep: SweepTimes): number {
  return now + (passing ? sweep.retry : sweep.waiting)
}

/** The next reconcile says when to look again; at once, unless something still has to be waited for. */
async function partlyDue(
  ports: RetirePorts & { readonly sweep: SweepTimes },
  input: { readonly workload: string; readonly fence: number },
  now: number,
): Promise<number> {
  const after = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  return leavingClusters(after, ports.specs).length > 0 ? now + ports.sweep.waiting : now
}

function retiringStatus(world: World, outcomes: readonly Outcome[], done: boolean, now: number): Status {
  const { record } = world
  if (done)
    return { phase: 'Retired', observedGeneration: record.generation, conditions: [], placements: {}, outputs: {} }
  const waiting = Object.entries(record.removals ?? {})
    .filter(([, removal]) => removal.confirmed === undefined)
    .map(([cluster, removal]): Condition => ({
      capability: 'retire',
      cluster,
      status: 'False',
      reason: 'AwaitingRemoval',
      message: `waits for Argo CD to confirm that the objects are gone, or for \`fairway retire ${record.name} --confirm ${cluster}\``,
      since: removal.since,
    }))
  const failures = outcomes.flatMap((outcome): Condition[] => {
    const failure = failureOf(outcome)
    if (!failure) return []
    const old = record.status.conditions.find(
      (other) => other.capability === outcome.capability && other.cluster === outcome.cluster,
    )
    return [
      {
        capability: outcome.capability,
        ...(outcome.cluster === undefined ? {} : { cluster: outcome.cluster }),
        status: 'False',
        reason: failure.type,
        message: failure.message,
        since: old?.reason === failure.type ? old.since : new Date(now).toISOString(),
      },
    ]
  })
  const { error: _, ...before } = record.status
  return { ...before, phase: 'Retiring', conditions: [...waiting, ...failures] }
}
