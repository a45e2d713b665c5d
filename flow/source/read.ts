import type { Problem, SourceRecord } from '../../domain/records.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import { Terminal } from '../../domain/errors.ts'
import type { Store } from '../../domain/store.ts'
import { countAdmitted } from '../quotas/check.ts'
import { isShown, shownOf } from '../check/shown.ts'
import { failureOf, type Outcome } from '../outcome.ts'
import { admit } from './admit.ts'
import { changesOf } from './changes.ts'
import { readGit } from './git.ts'
import { readPortal } from './portal.ts'
import { removals } from './removals.ts'
import type { Valid, ReadingPorts, ReadResult, Admitted } from './ports.ts'

const mostProblems = 200

/**
 * The stage behind `reconcile-source`: read at the head, validate, authorise, admit what changed, notice what was
 * removed, and start what has to be looked at. Every part may run twice: admission is conditional, events only say
 * *look*, and a crash before the events are out leaves records that are due for the sweep.
 */
export async function readSource(ports: ReadingPorts, request: ReadRequest): Promise<ReadResult> {
  const record = await ports.store.leases.hold({ kind: 'Source', name: request.source }, request.fence)
  try {
    return await readHeld(ports, request, record)
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    const message = error.fix === undefined ? error.message : `${error.message}; ${error.fix}`
    return summary([], 0, 0, await reportFailure(ports.store, record, request.fence, message))
  }
}

/** After the machine's last try: a host that cannot be reached, or a function that died. */
export async function failedSource(
  ports: Pick<ReadingPorts, 'store'>,
  request: { readonly source: string; readonly fence: number; readonly error: NonNullable<Outcome['error']> },
): Promise<void> {
  const record = await ports.store.leases.hold({ kind: 'Source', name: request.source }, request.fence)
  const message = failureOf({ error: request.error })?.message ?? 'could not be read'
  await reportFailure(ports.store, record, request.fence, message)
}

/** Known to whoever looks at the source; what it declared before stays as it is. */
async function reportFailure(store: Store, record: SourceRecord, fence: number, message: string): Promise<Problem[]> {
  const problems = [{ file: record.name, line: 1, column: 1, message }]
  const { head, declared, braked } = record
  await store.reportSource(record.name, fence, { ...(head ? { head } : {}), declared, problems, braked })
  return problems
}

export interface ReadRequest {
  readonly source: string
  readonly fence: number
  readonly reason: string
}

async function readHeld(ports: ReadingPorts, request: ReadRequest, record: SourceRecord): Promise<ReadResult> {
  const spec = record.spec as SourceSpec | undefined
  if (spec === undefined) throw new Terminal(`the Source ${request.source} is not declared`)
  if (spec.type === 'port') return readPortal(ports, record)

  const reading = await readGit(ports.reader, record, spec, ports.validate, request.reason)
  if (reading === 'unchanged') return { ...summary([], 0, 0, []), check: toShow(record, spec, record) }
  const allowed = spec.platform ? reading.resources : reading.resources.filter(({ kind }) => kind === 'Workload')
  const misplaced = spec.platform ? [] : reading.resources.filter(({ kind }) => kind !== 'Workload').map(notHere)

  const names = allowed.filter(({ kind }) => kind === 'Workload').map(({ name }) => name)
  const before = new Set(record.declared)
  const both = [...new Set([...record.declared, ...names])].toSorted()
  const unfinished = { declared: both, problems: record.problems, braked: record.braked }
  if (both.length > before.size) {
    // Before anything is admitted, so that a crash leaves no workload that its source does not know of (P4).
    await ports.store.reportSource(record.name, request.fence, {
      ...(record.head ? { head: record.head } : {}),
      ...unfinished,
    })
  }
  const admitted = await admit(ports.store, record.name, reading.commit, allowed)
  const going = await removals(ports, record, { ...reading, declared: new Set(names) })
  await Promise.all([
    changesOf(ports.store, admitted, `declared by ${record.name}`).then((changes) =>
      ports.bus.publish([...changes, ...going.events]),
    ),
    countAdmitted(ports.fleet, admitted, reading.takes),
  ])

  const problems = [...reading.problems, ...misplaced, ...admitted.flatMap(({ problem }) => problem ?? [])]
  // Read again, a commit has nothing left to remove; what it removed is still true of it.
  const removed = reading.commit === record.head ? [...(record.removed ?? []), ...going.removed] : going.removed
  const found = {
    head: reading.commit,
    declared: both.filter((name) => !going.retired.includes(name)),
    problems: bounded(problems),
    braked: going.braked,
    ...(going.brakedWhy === undefined ? {} : { brakedWhy: going.brakedWhy }),
    removed: [...new Set(removed)].filter((name) => !names.includes(name)).toSorted(),
  }
  await ports.store.reportSource(record.name, request.fence, found)
  const counts = summary(admitted, going.retired.length, going.braked.length, problems)
  return { ...counts, check: toShow(record, spec, found) }
}

/** The commit whose check run is to be written, where the source's host has such. */
export function toShow(record: SourceRecord, spec: SourceSpec, found: Parameters<typeof shownOf>[0]): string | null {
  if (spec.type !== 'github' || found.head === undefined || isShown(record, shownOf(found))) return null
  return found.head
}

/** A record holds the first of them: one file can have tens of thousands, and an item of the store 400 KB. */
function bounded(problems: readonly Problem[]): readonly Problem[] {
  const [first] = problems
  if (problems.length <= mostProblems || first === undefined) return problems
  const message = `and ${problems.length - mostProblems} more problems`
  return [...problems.slice(0, mostProblems), { file: first.file, line: 1, column: 1, message }]
}

function notHere(resource: Valid): Problem {
  return {
    file: resource.file,
    line: resource.line,
    column: 1,
    resource: `${resource.kind} ${resource.name}`,
    message: `a ${resource.kind} is declared in the platform repository, or with fairway apply; this source may declare workloads only`,
  }
}

function summary(
  admitted: readonly Admitted[],
  removed: number,
  braked: number,
  problems: readonly Problem[],
): ReadResult {
  const count = (...results: string[]) => admitted.filter(({ result }) => results.includes(result)).length
  const changed = count('created', 'revived', 'updated') + removed
  return {
    result: problems.length > 0 ? 'problems' : changed > 0 ? 'admitted' : 'unchanged',
    created: count('created', 'revived'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    removed,
    braked,
    problems: problems.length,
    due: null,
    check: null,
  }
}
