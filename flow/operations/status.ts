import { Terminal } from '../../domain/errors.ts'
import type { Phase } from '../../domain/records.ts'
import type { RecordOf, Store } from '../../domain/store.ts'
import type { SourceSummary, StatusQuery, StatusReport, SystemSummary, WorkloadSummary } from './model.ts'
import { sourceSummary, systemSummary, workloadSummary } from './summaries.ts'

/** In this order: what is few and comes first in a person's eyes. */
const kinds = ['System', 'Source', 'Workload'] as const
type Listed = (typeof kinds)[number]

/**
 * What one answer holds at most, in workloads: about 2 kB each with the longest texts, so 1 MB. A source with all the
 * problems that it may list counts for ten.
 */
const room = 500
const weight: Readonly<Record<Listed, number>> = { System: 1, Source: 10, Workload: 1 }

/** One part of the list; whoever asks goes on with its cursor until there is none. */
export async function listStatus(store: Store, query: StatusQuery): Promise<StatusReport> {
  const found: Found = { System: [], Source: [], Workload: [] }
  let place: Place | undefined = query.cursor === undefined ? { kind: 'System' } : placeOf(query.cursor)
  for (let left = room; left > 0 && place !== undefined;) {
    const part: Part = await read(store, place, Math.ceil(left / weight[place.kind]), query)
    found[place.kind].push(...(part.records as never[]))
    left -= Math.max(1, part.records.length * weight[place.kind])
    place = part.next
  }
  return report(found, query, place)
}

type Found = { readonly [Kind in Listed]: RecordOf[Kind][] }

interface Part {
  readonly records: readonly RecordOf[Listed][]
  readonly next: Place | undefined
}

async function read(store: Store, { kind, cursor }: Place, limit: number, { system }: StatusQuery): Promise<Part> {
  const page = await store.page<Listed>(kind, {
    limit,
    ...(cursor === undefined ? {} : { cursor }),
    ...(kind === 'Workload' && system !== undefined ? { prefix: `${system}/` } : {}),
  })
  return { records: page.records, next: page.cursor === undefined ? nextOf(kind) : { kind, cursor: page.cursor } }
}

function report(found: Found, { system, phases }: StatusQuery, place: Place | undefined): StatusReport {
  const workloads = found.Workload
  const wanted = phases === undefined ? workloads : workloads.filter(({ status }) => phases.includes(status.phase))
  const systems = found.System.filter(({ name, spec }) => spec !== undefined && (system ?? name) === name)
  const sources = found.Source.filter(({ spec }) => spec !== undefined && system === undefined)
  return {
    systems: systems.map((record): SystemSummary => systemSummary(record)),
    sources: sources.map((record): SourceSummary => sourceSummary(record)),
    workloads: wanted.map((record): WorkloadSummary => workloadSummary(record)),
    counts: counted(workloads.map(({ status }) => status.phase)),
    ...(place === undefined ? {} : { cursor: cursorOf(place) }),
  }
}

function counted(phases: readonly Phase[]): Partial<Record<Phase, number>> {
  const counts: Partial<Record<Phase, number>> = {}
  for (const phase of phases) counts[phase] = (counts[phase] ?? 0) + 1
  return counts
}

/** Where to go on: a kind, and the store's own cursor within it. */
interface Place {
  readonly kind: Listed
  readonly cursor?: string
}

function nextOf(kind: Listed): Place | undefined {
  const next = kinds[kinds.indexOf(kind) + 1]
  return next && { kind: next }
}

function cursorOf({ kind, cursor }: Place): string {
  return `${kind}:${cursor ?? ''}`
}

function placeOf(text: string): Place {
  const [name, ...rest] = text.split(':')
  const kind = kinds.find((each) => each === name)
  if (kind === undefined) throw new Terminal('this is no cursor', { fix: 'start again without a cursor' })
  const cursor = rest.join(':')
  return cursor === '' ? { kind } : { kind, cursor }
}
