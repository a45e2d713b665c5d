import { isUnder } from '../../domain/paths.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { Fleet } from '../../domain/fleet.ts'
import type { Problem, SourceRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'
import { askToLeave } from './leaving.ts'
import type { Brake } from './ports.ts'

export interface Removals {
  readonly retired: readonly string[]
  /** Of these, what goes because the source no longer declares it, also when an earlier look at it had begun that. */
  readonly removed: readonly string[]
  readonly braked: readonly string[]
  readonly brakedWhy?: string
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
  ports: { readonly store: Store; readonly brake: Brake; readonly fleet: Pick<Fleet, 'leave'> },
  record: SourceRecord,
  reading: Declared,
): Promise<Removals> {
  const names = noLongerDeclared(record, reading)
  if (names.length === 0) return { retired: [], removed: [], braked: [], events: [] }
  const found = missing(record, await ports.store.getMany(names.map(workloadRef)), reading)
  const { underway, finished } = found
  const why = asks(found) ? await askToLeave(ports, record, [...found.held, ...found.fresh]) : undefined
  const { going, braked } = weighed(found, why)
  for (const name of going) {
    await ports.store.retire(workloadRef(name), { who: `source ${record.name}`, what: 'removed at the source' })
  }
  return {
    retired: [...going, ...finished],
    removed: [...going, ...underway].toSorted(),
    braked,
    ...(braked.length > 0 ? { brakedWhy: why ?? record.brakedWhy ?? tooMany(braked.length) } : {}),
    events: going.map((workload) => ({
      type: 'WorkloadRemoved',
      detail: { workload, reason: `removed from ${record.name}` },
    })),
  }
}

export function noLongerDeclared(record: SourceRecord, { declared }: Declared): readonly string[] {
  return record.declared.filter((name) => !declared.has(name))
}

export interface Missing {
  /** Somebody let them go. */
  readonly released: readonly string[]
  /** The brake holds them since an earlier reading. */
  readonly held: readonly string[]
  /** To be weighed by the brake (P9), together with those. */
  readonly fresh: readonly string[]
  /** On their way out already. */
  readonly underway: readonly string[]
  /** In a file that could not be read in full. */
  readonly kept: readonly string[]
  /** None of ours any more. */
  readonly finished: readonly string[]
}

/** Only what is new is weighed: what is held stays so until somebody lets it go, or it is declared again. */
export function asks({ fresh }: Missing): boolean {
  return fresh.length > 0
}

/** `why` it waits for an explicit go, or undefined. Pure. */
export function weighed(
  { released, held, fresh }: Missing,
  why: string | undefined,
): { readonly going: readonly string[]; readonly braked: readonly string[] } {
  if (why === undefined) return { going: [...released, ...fresh], braked: held }
  return { going: released, braked: [...held, ...fresh].toSorted() }
}

/**
 * What becomes of those. A workload whose file could not be read in full stays (P7), and one that meanwhile has another
 * origin is none of ours. Pure.
 */
export function missing(record: SourceRecord, workloads: readonly WorkloadRecord[], reading: Declared): Missing {
  const theirs = workloads.filter(({ origin, spec }) => origin.source === record.name && spec !== undefined)
  const ours = theirs.filter(({ intent }) => intent === 'present')
  const mentioned = new Set(reading.problems.map(({ resource }) => resource))
  const stays = ({ name, origin }: WorkloadRecord) =>
    isUnreadable(reading.unreadable, origin.path ?? '') || mentioned.has(`Workload ${name}`)
  const names = (some: readonly WorkloadRecord[]) => some.map(({ name }) => name).toSorted()
  const gone = names(ours.filter((workload) => !stays(workload)))
  const rest = gone.filter((name) => !record.released?.includes(name))
  return {
    released: gone.filter((name) => record.released?.includes(name)),
    held: rest.filter((name) => record.braked.includes(name)),
    fresh: rest.filter((name) => !record.braked.includes(name)),
    underway: names(theirs.filter(({ intent }) => intent === 'retire')),
    kept: names(ours.filter(stays)),
    finished: noLongerDeclared(record, reading).filter((name) => !ours.some((workload) => workload.name === name)),
  }
}

/** Of what was held before there was a reason on record. */
function tooMany(count: number): string {
  return `${count} workloads would be removed at once`
}

/** A file, or a directory above it, that was refused as a whole. */
function isUnreadable(unreadable: ReadonlySet<string>, path: string): boolean {
  return [...unreadable].some((refused) => isUnder(path, refused))
}
