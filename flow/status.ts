import type { Waiting } from '../domain/capability.ts'
import type { Failure } from '../domain/errors.ts'
import type { Condition, Phase, Pin, PlacementStatus, Status, WorkloadRecord } from '../domain/records.ts'
import { type CommitOutcome, type Outcome, failureOf } from './outcome.ts'

export interface Run {
  readonly outcomes: readonly Outcome[]
  readonly commits: readonly CommitOutcome[]
  readonly clusters: readonly string[]
  /** What people are to know besides: it fails nothing. */
  readonly notices?: readonly Omit<Condition, 'since'>[]
  /** Of the spec that was there when the run began: a later one is another run’s. */
  readonly generation: number
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * The status that a run justifies; pure. `Ready` only when every capability and every commit of this generation
 * came out well and nothing is waited for (P10). `since` and `error.at` move only when something changed, so that
 * the same run twice gives the same status (P1).
 */
export function statusAfter(record: Pick<WorkloadRecord, 'status' | 'generation'>, run: Run): Status {
  const before = record.status
  const conditions = [...capabilityConditions(run), ...commitConditions(run), ...(run.notices ?? [])]
    .map((condition) => keepSince(condition, before.conditions, run.now))
    .toSorted(byPlace)
  const failure = firstFailure(run)
  const reached = phaseOf(run, failure !== undefined)
  // The spec has changed since the run began: what is Ready is no longer what is wanted.
  const phase = reached === 'Ready' && run.generation < record.generation ? 'Pending' : reached
  const same = failure && before.error?.message === failure.message && before.error.type === failure.type
  return {
    phase,
    observedGeneration: failure ? before.observedGeneration : run.generation,
    conditions,
    placements: placements(before, run),
    outputs: outputs(before, run),
    ...(failure ? { error: { ...failure, at: same ? before.error.at : new Date(run.now).toISOString() } } : {}),
  }
}

function capabilityConditions(run: Run): Omit<Condition, 'since'>[] {
  const missing = new Set(waitingFor(run).map(({ message }) => message))
  return run.outcomes.map((outcome) => {
    const place = {
      capability: outcome.capability,
      ...(outcome.cluster === undefined ? {} : { cluster: outcome.cluster }),
    }
    const failure = failureOf(outcome)
    if (!outcome.ok || failure) {
      return { ...place, status: 'False', reason: failure?.type ?? 'RetryLater', message: textOf(failure) }
    }
    const waiting = (outcome.waiting ?? []).find(({ message }) => missing.has(message))
    if (waiting) return { ...place, status: 'False', reason: waiting.reason, message: waiting.message }
    return { ...place, status: 'True', reason: outcome.output === undefined ? 'NotNeeded' : 'Provisioned', message: '' }
  })
}

function commitConditions(run: Run): Omit<Condition, 'since'>[] {
  return run.commits.flatMap((commit): Omit<Condition, 'since'>[] => {
    if (!commit.ok) {
      const failure = failureOf(commit)
      const message = `${commit.repository}: ${textOf(failure)}`
      return [
        {
          capability: 'commit',
          cluster: commit.repository,
          status: 'False',
          reason: failure?.type ?? 'RetryLater',
          message,
        },
      ]
    }
    return commit.placements.map((placement) =>
      placement.state === 'rendered'
        ? { capability: 'commit', cluster: placement.cluster, status: 'True', reason: 'Committed', message: '' }
        : {
            capability: 'commit',
            cluster: placement.cluster,
            status: 'False',
            reason: 'Held',
            message: 'the last good state stays on the branch',
          },
    )
  })
}

function textOf(failure: Failure | undefined): string {
  return failure?.fix ? `${failure.message}; ${failure.fix}` : (failure?.message ?? 'failed')
}

function keepSince(condition: Omit<Condition, 'since'>, before: readonly Condition[], now: number): Condition {
  const old = before.find((other) => other.capability === condition.capability && other.cluster === condition.cluster)
  const same = old?.status === condition.status && old.reason === condition.reason
  return { ...condition, since: same ? old.since : new Date(now).toISOString() }
}

function byPlace(a: Condition, b: Condition): number {
  const key = (condition: Condition) => `${condition.cluster ?? ''}/${condition.capability}`
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0
}

/** A failure that needs a person goes before one that passes by itself. */
function firstFailure(run: Run) {
  const failures = [...run.outcomes, ...run.commits.filter((commit) => !commit.ok)].flatMap((outcome) => {
    const failure = failureOf(outcome)
    if (!failure) return []
    const place = 'capability' in outcome ? [outcome.capability, outcome.cluster].filter(Boolean).join('/') : 'commit'
    return [{ ...failure, message: `${place}: ${failure.message}` }]
  })
  return failures.find(({ type }) => type === 'Terminal') ?? failures[0]
}

function phaseOf(run: Run, failed: boolean): Phase {
  if (failed) return 'Failed'
  const waiting = waitingFor(run)
  if (waiting.some(({ reason }) => reason === 'AwaitingSecret')) return 'AwaitingSecret'
  if (waiting.length > 0) return 'AwaitingImage'
  return run.clusters.length === 0 ? 'Pending' : 'Ready'
}

/** What placements really lack: an image of its own is no matter to a workload that runs only other ones. */
function waitingFor(run: Run): readonly Waiting[] {
  return run.commits.flatMap((commit) => (commit.ok ? commit.placements.flatMap(({ waiting }) => waiting) : []))
}

/** `commit` stays the one that brought the bytes: an unchanged branch moves nothing in the status. */
function placements(before: Status, run: Run): Record<string, PlacementStatus> {
  const result: Record<string, PlacementStatus> = { ...before.placements }
  for (const commit of run.commits) {
    if (!commit.ok || commit.commit === undefined) continue
    for (const placement of commit.placements.filter(({ state }) => state === 'rendered')) {
      const old = result[placement.cluster]
      result[placement.cluster] = {
        commit: commit.result === 'unchanged' && old ? old.commit : commit.commit,
        repository: commit.repository,
        deployed: placement.deployed,
        ...(placement.digest ? { digest: placement.digest } : {}),
        ...pinned(placement.pins ?? {}, old?.pins ?? {}, run.now),
      }
    }
  }
  return result
}

/** `since` moves only with the version. */
function pinned(versions: Readonly<Record<string, string>>, before: Readonly<Record<string, Pin>>, now: number) {
  const pins = Object.entries(versions).map(([entry, versionId]) => {
    const old = before[entry]
    return [entry, old?.versionId === versionId ? old : { versionId, since: now }] as const
  })
  return pins.length === 0 ? {} : { pins: Object.fromEntries(pins) }
}

function outputs(before: Status, run: Run): Record<string, unknown> {
  const result: Record<string, unknown> = { ...before.outputs }
  for (const outcome of run.outcomes) {
    const key = outcome.cluster === undefined ? outcome.capability : `${outcome.capability}/${outcome.cluster}`
    if (outcome.ok && outcome.output === undefined) delete result[key]
    else if (outcome.ok) result[key] = outcome.output
  }
  return result
}
