import { isUnder } from '../../domain/paths.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { Problem, SourceRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'
import type { Brake } from './ports.ts'

export interface Removals {
  readonly retired: readonly string[]
  /** Of these, what goes because the source no longer declares it, also when an earlier look at it had begun that. */
  readonly removed: readonly string[]
  readonly braked: readonly string[]
  readonly events: readonly FairwayEvent[]
}

/** What is declared at a commit, and what of it could not be read. */
export interface Declared {
  readonly declared: ReadonlySet<string>
  readonly unreadable: ReadonlySet<string>
  readonly problems: readonly Problem[]
}

/** What the source declared before and no longer does goes, unless it is kept by what `missing` says. */
export async function removals(
  ports: { readonly store: Store; readonly brake: Brake },
  record: SourceRecord,
  reading: Declared,
): Promise<Removals> {
  const names = noLongerDeclared(record, reading)
  if (names.length === 0) return { retired: [], removed: [], braked: [], events: [] }
  const { going, underway, braked, finished } = missing(
    record,
    await ports.store.getMany(names.map(workloadRef)),
    reading,
    ports.brake,
  )
  for (const name of going) {
    await ports.store.retire(workloadRef(name), { who: `source ${record.name}`, what: 'removed at the source' })
  }
  return {
    retired: [...going, ...finished],
    removed: [...going, ...underway].toSorted(),
    braked,
    events: going.map((workload) => ({
      type: 'WorkloadRemoved',
      detail: { workload, reason: `removed from ${record.name}` },
    })),
  }
}

export function noLongerDeclared(record: SourceRecord, { declared }: Declared): readonly string[] {
  return record.declared.filter((name) => !declared.has(name))
}

/**
 * What becomes of those. A workload whose file could not be read in full stays (P7), one that meanwhile has another
 * origin is none of ours, and more than the brake allows waits for an explicit go (P9). Pure.
 */
export function missing(
  record: SourceRecord,
  workloads: readonly WorkloadRecord[],
  reading: Declared,
  brake: Brake,
): {
  readonly going: readonly string[]
  /** On their way out already. */
  readonly underway: readonly string[]
  readonly braked: readonly string[]
  /** In a file that could not be read in full. */
  readonly kept: readonly string[]
  /** None of ours any more. */
  readonly finished: readonly string[]
} {
  const theirs = workloads.filter(({ origin, spec }) => origin.source === record.name && spec !== undefined)
  const ours = theirs.filter(({ intent }) => intent === 'present')
  const mentioned = new Set(reading.problems.map(({ resource }) => resource))
  const stays = ({ name, origin }: WorkloadRecord) =>
    isUnreadable(reading.unreadable, origin.path ?? '') || mentioned.has(`Workload ${name}`)
  const names = (some: readonly WorkloadRecord[]) => some.map(({ name }) => name).toSorted()
  const gone = names(ours.filter((workload) => !stays(workload)))
  const go = gone.filter((name) => record.released?.includes(name))
  const rest = gone.filter((name) => !go.includes(name))
  const braked = rest.length > brake.workloads ? rest : []
  return {
    going: [...go, ...(braked.length > 0 ? [] : rest)],
    underway: names(theirs.filter(({ intent }) => intent === 'retire')),
    braked,
    kept: names(ours.filter(stays)),
    finished: noLongerDeclared(record, reading).filter((name) => !ours.some((workload) => workload.name === name)),
  }
}

/** A file, or a directory above it, that was refused as a whole. */
function isUnreadable(unreadable: ReadonlySet<string>, path: string): boolean {
  return [...unreadable].some((refused) => isUnder(path, refused))
}
