import { isUnder } from '../../domain/paths.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { Problem, SourceRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'
import type { Brake } from './ports.ts'

export interface Removals {
  readonly retired: readonly string[]
  readonly braked: readonly string[]
  readonly events: readonly FairwayEvent[]
}

/**
 * What the source declared before and no longer does. A workload whose file could not be read in full stays (P7),
 * one that meanwhile has another origin is none of ours, and more than the brake allows waits for an explicit go.
 */
export async function removals(
  ports: { readonly store: Store; readonly brake: Brake },
  record: SourceRecord,
  reading: {
    readonly declared: ReadonlySet<string>
    readonly unreadable: ReadonlySet<string>
    readonly problems: readonly Problem[]
  },
): Promise<Removals> {
  const missing = record.declared.filter((name) => !reading.declared.has(name))
  if (missing.length === 0) return { retired: [], braked: [], events: [] }
  const mentioned = new Set(reading.problems.map(({ resource }) => resource))
  const records = await ports.store.getMany(missing.map(workloadRef))
  const ours = records.filter(
    (workload) =>
      workload.origin.source === record.name && workload.intent === 'present' && workload.spec !== undefined,
  )
  const gone = ours
    .filter(
      (workload) =>
        !isUnreadable(reading.unreadable, workload.origin.path ?? '') && !mentioned.has(`Workload ${workload.name}`),
    )
    .map(({ name }) => name)
    .toSorted()
  const go = gone.filter((name) => record.released?.includes(name))
  const rest = gone.filter((name) => !go.includes(name))
  const braked = rest.length > ports.brake.workloads ? rest : []
  const retired = [...go, ...(braked.length > 0 ? [] : rest)]
  for (const name of retired) {
    await ports.store.retire(workloadRef(name), { who: `source ${record.name}`, what: 'removed at the source' })
  }
  const finished = missing.filter((name) => !ours.some((workload) => workload.name === name))
  return {
    retired: [...retired, ...finished],
    braked,
    events: retired.map((workload) => ({
      type: 'WorkloadRemoved',
      detail: { workload, reason: `removed from ${record.name}` },
    })),
  }
}

/** A file, or a directory above it, that was refused as a whole. */
function isUnreadable(unreadable: ReadonlySet<string>, path: string): boolean {
  return [...unreadable].some((refused) => isUnder(path, refused))
}
