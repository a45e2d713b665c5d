import type { Closing, OpenFinding } from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import { failureOf, type CommitOutcome, type Outcome } from '../outcome.ts'

/**
 * What a run made of the drift on record, finding by finding: undefined where there is none. `repaired` only where it
 * changed something there, or one before it may have, which failed: pages are older than what they are about, and what
 * they showed may never have been. What is on its way out is for another machine, and for a look to see gone. Pure.
 */
export function driftAfter(
  record: Pick<WorkloadRecord | SystemRecord, 'drift' | 'status'>,
  run: { readonly outcomes: readonly Outcome[]; readonly commits: readonly CommitOutcome[] },
): ((finding: OpenFinding) => Closing) | undefined {
  if (record.drift === undefined) return undefined
  const retried = record.status.error !== undefined
  return (finding) => {
    if (finding.kind === 'orphan') return 'open'
    const changed = finding.capability === undefined ? committed(finding, run.commits) : applied(finding, run.outcomes)
    if (changed === undefined) return 'open'
    return changed || retried ? 'repaired' : 'gone'
  }
}

/**
 * P9: whether what a workload left in a cluster goes now. Its own new spec may say so; what has begun, or failed, goes on.
 * Everything else that moves placements (a Cluster's environment, above all) moves many at once: the brake of a look
 * weighs them together, and whoever is reconciled meanwhile for another reason waits for that. Pure.
 */
export function mayLeave(
  { drift = [], removals = {}, status }: Pick<WorkloadRecord, 'drift' | 'removals' | 'status'>,
  generation: number,
): boolean {
  const told = drift.filter(({ kind }) => kind === 'orphan')
  if (Object.keys(removals).length > 0 || told.some(({ answer }) => answer === 'repairing')) return true
  return told.length === 0 && (status.observedGeneration !== generation || status.error !== undefined)
}

/** Whether the run brought something to the branch; undefined where it left this placement as it was. */
function committed({ cluster }: OpenFinding, commits: readonly CommitOutcome[]): boolean | undefined {
  for (const commit of commits) {
    if (!commit.ok) continue
    const placement = commit.placements.find((one) => one.cluster === cluster && one.state === 'rendered')
    if (placement) return commit.result === 'committed'
  }
  return undefined
}

/** Whether the run did something for this capability; undefined where it failed, or was not asked. */
function applied({ capability, cluster }: OpenFinding, outcomes: readonly Outcome[]): boolean | undefined {
  const outcome = outcomes.find((one) => one.capability === capability && one.cluster === cluster)
  if (outcome === undefined || !outcome.ok || failureOf(outcome)) return undefined
  return (outcome.applied ?? []).length > 0
}
