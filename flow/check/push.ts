import { phrase } from '../../domain/changes.ts'
import type { ResourceKind, SourceRecord } from '../../domain/records.ts'
import type { AnyRecord, Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'
import { explainWorkload, type Explaining, type PlannedLine } from './explain.ts'
import { explainPlatform } from './platform.ts'
import { pausedFor } from './paused.ts'
import { inOrder, type Plan, type PlannedResource } from './plan.ts'
import type { Checked, CheckPorts } from './ports.ts'
import { asReported, isShown, shownOf } from './shown.ts'
import { hostedBy, platformOf } from './source.ts'
import { describePlan, type Wording } from './text.ts'

/**
 * What reading a source at this commit found and did, as a check run beside it: from the records alone, so that nothing
 * is cloned again. Remembered once it is shown; until then every look at the source asks for it again.
 */
export async function checkPush(
  ports: Omit<CheckPorts, 'reader' | 'validate' | 'brake'>,
  request: { readonly source: string; readonly commit: string },
): Promise<Checked> {
  const hosted = hostedBy(await ports.store.get({ kind: 'Source', name: request.source }))
  if (hosted === undefined) return { result: 'nothing', why: 'the source is not one of GitHub' }
  const { record, repository } = hosted
  const shown = shownOf(record)
  if (record.head !== request.commit) return { result: 'nothing', why: 'another commit was read since' }
  if (isShown(record, shown)) return { result: 'nothing', why: 'it is shown already' }
  // A source that could not be read at all has a problem that is none of the commit's.
  if (record.problems.some(({ file }) => file === record.name))
    return { result: 'nothing', why: 'it could not be read' }
  const [records, platform, setting] = await Promise.all([
    recordsOf(ports.store, record, hosted.spec.platform),
    platformOf(ports.store),
    ports.fleet.mode(),
  ])
  const found = foundAt(request.commit, record, records, { ...ports, platform })
  const plan = { ...found, paused: pausedFor(found, platform, setting) }
  const run = { commit: request.commit, ...describePlan(plan, wording(record.name)) }
  const result = await ports.checks.check(repository, run)
  await ports.store.checked(record.name, request.commit, asReported(shown))
  const { commit, conclusion, title } = run
  return { result, commit, conclusion, title }
}

async function recordsOf(store: Store, source: SourceRecord, platform: boolean): Promise<readonly AnyRecord[]> {
  const kinds: readonly ResourceKind[] = platform ? ['Cluster', 'System', 'Source'] : []
  const [workloads, ...others] = await Promise.all([
    source.declared.length === 0 ? [] : store.getMany(source.declared.map(workloadRef)),
    ...kinds.map((kind) => store.list(kind)),
  ])
  return [...others.flat(), ...workloads].filter(
    ({ origin, spec }) => origin.source === source.name && spec !== undefined,
  )
}

/** A record names the commit that declared its spec as it is. */
function foundAt(commit: string, source: SourceRecord, records: readonly AnyRecord[], here: Explaining): Plan {
  const braked = new Set(source.braked)
  const declared = records.filter((record) => record.kind !== 'Workload' || !braked.has(record.name))
  const removed =
    (result: 'removed' | 'braked') =>
    (name: string): PlannedResource => ({ kind: 'Workload', name, result, lines: [] })
  return {
    resources: [
      ...(source.removed ?? []).map(removed('removed')),
      ...source.braked.map(removed('braked')),
      ...declared.map((record) => admittedAt(commit, record, here)),
    ].toSorted(inOrder),
    kept: [],
    ...(source.brakedWhy === undefined ? {} : { brakedWhy: source.brakedWhy }),
    problems: source.problems,
  }
}

function admittedAt(commit: string, record: AnyRecord, here: Explaining): PlannedResource {
  const { kind, name, origin, generation } = record
  const result = origin.revision !== commit ? 'unchanged' : generation === 1 ? 'created' : 'changed'
  return { kind, name, result, ...placeOf(record), lines: linesOf(record, result, here) }
}

function placeOf({ origin: { path, line } }: AnyRecord): Pick<PlannedResource, 'file' | 'line'> {
  return { ...(path === undefined ? {} : { file: path }), ...(line === undefined ? {} : { line }) }
}

/** The spec that it had before is not on record. */
function linesOf(record: AnyRecord, result: PlannedResource['result'], here: Explaining): readonly PlannedLine[] {
  if (result === 'changed') return [{ phrase: phrase`generation ${record.generation}`, clusters: [] }]
  if (result !== 'created') return []
  return record.kind === 'Workload'
    ? explainWorkload(here, record.name, undefined, record.spec)
    : explainPlatform({ kind: record.kind, name: record.name, spec: record.spec }, undefined, here.platform)
}

function wording(source: string): Wording {
  return {
    name: 'fairway',
    introduction: 'What Fairway found at this commit, and what it admitted. `fairway status` says how far that is.',
    results: {
      created: 'created',
      changed: 'changed',
      revived: 'brought back',
      removed: 'being removed',
      braked: 'no longer declared, held by the brake',
      unchanged: 'unchanged',
    },
    nothing: 'nothing has changed',
    source,
  }
}
