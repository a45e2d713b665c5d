import type { Installation } from '../../domain/capability.ts'
import {
  mostOpenFindings,
  shardName,
  type Fleet,
  type RecordedFinding,
  type RecordedReport,
} from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { ClusterSpec } from '../../domain/resources.ts'
import type { Ref, Store } from '../../domain/store.ts'
import { shardsOf } from '../fleet/shards.ts'
import type { DriftFinding, DriftQuery, DriftReport, Operated, ShardDrift } from './model.ts'

export interface DriftPorts {
  readonly store: Pick<Store, 'list' | 'getMany'>
  readonly fleet: Pick<Fleet, 'mode' | 'reports'>
  readonly installation: Pick<Installation, 'account' | 'region'>
}

/**
 * What one answer holds at most: a finding has about 1 kB with the longest texts, and an answer of a function 6 MB. A
 * part of the fleet without any counts for one.
 */
const room = 1_000

/** What the last looks found and what became of it, one part of it; whoever asks goes on with its cursor. */
export async function driftOf(ports: DriftPorts, query: DriftQuery): Promise<Operated> {
  const [fleet, reports, names] = await Promise.all([ports.fleet.mode(), ports.fleet.reports(), shardNames(ports)])
  const byName = new Map(reports.map((report) => [shardName(report.shard), report]))
  const rest = names.filter((name) => query.cursor === undefined || name > query.cursor)
  const shards: ShardDrift[] = []
  for (let left = room; left > 0 && shards.length < rest.length;) {
    const name = rest[shards.length] ?? ''
    const part = await shardDrift(ports, name, byName.get(name), query)
    shards.push(part)
    left -= 1 + part.findings.length
  }
  const last = shards.length < rest.length ? shards.at(-1)?.shard : undefined
  const drift: DriftReport = { fleet, shards, ...(last === undefined ? {} : { cursor: last }) }
  return { result: 'done', message: '', drift }
}

/** Those that there are now, in order: a report of a place that no Cluster names any more says nothing. */
export async function shardNames({ store, installation }: Pick<DriftPorts, 'store' | 'installation'>) {
  return (await shardsToLookAt({ store, installation })).map(shardName).toSorted()
}

export async function shardsToLookAt({ store, installation }: Pick<DriftPorts, 'store' | 'installation'>) {
  const clusters = (await store.list('Cluster')).filter(({ spec }) => spec !== undefined)
  return shardsOf(
    installation,
    clusters.map(({ spec }) => ({ spec: spec as ClusterSpec })),
  )
}

async function shardDrift(
  { store }: Pick<DriftPorts, 'store'>,
  shard: string,
  report: RecordedReport | undefined,
  { kind, system, brief }: DriftQuery,
): Promise<ShardDrift> {
  if (report === undefined) return { shard, findings: [] }
  const { at, mode, compared, skipped, failed, counts, braked, held, released } = report
  const wanted = report.findings.filter(
    (finding) => (kind ?? finding.kind) === finding.kind && (system === undefined || systemOf(finding) === system),
  )
  const findings = brief ? [] : await withStates(store, wanted, at)
  return {
    shard,
    at,
    mode,
    compared,
    skipped,
    failed,
    counts,
    findings,
    ...(braked === undefined ? {} : { braked }),
    ...(held === undefined ? {} : { held }),
    ...(released === undefined ? {} : { released }),
  }
}

type AnyRecord = WorkloadRecord | SystemRecord

/** As the records have it since: a look tells what it saw, and not what became of it. */
async function withStates(
  store: Pick<Store, 'getMany'>,
  findings: readonly RecordedFinding[],
  at: string,
): Promise<readonly DriftFinding[]> {
  const refs = new Map(findings.flatMap(({ resource }) => (resource ? [[keyOf(resource), resource] as const] : [])))
  const records: readonly AnyRecord[] = refs.size === 0 ? [] : await store.getMany([...refs.values()])
  const byKey = new Map(records.map((record) => [keyOf(record), record]))
  return findings.map((finding) => ({
    ...finding,
    ...stateOf(finding, finding.resource && byKey.get(keyOf(finding.resource)), at),
  }))
}

/** Pure. `at`: when the look ended that found it. */
export function stateOf(
  finding: RecordedFinding,
  record: Pick<AnyRecord, 'drift' | 'repaired'> | undefined,
  at: string,
): Pick<DriftFinding, 'state' | 'repairedAt'> {
  const told = finding.answer === 'repairing' ? 'repairing' : 'reported'
  const { drift = [], repaired } = record ?? {}
  // What is only due is on no record, and a long list there is cut.
  if (record === undefined || drift.some((open) => isSame(open, finding))) return { state: told }
  if (repaired && repaired.at >= at && repaired.findings.some((one) => isSame(one, finding))) {
    return { state: 'repaired', repairedAt: repaired.at }
  }
  if (finding.kind === 'due' || drift.length >= mostOpenFindings) return { state: told }
  return { state: 'gone' }
}

function isSame(a: RecordedFinding, b: RecordedFinding): boolean {
  return a.kind === b.kind && a.where === b.where && a.cluster === b.cluster
}

function keyOf({ kind, name }: Pick<Ref, 'kind' | 'name'>): string {
  return `${kind}/${name}`
}

function systemOf({ resource }: RecordedFinding): string | undefined {
  if (resource === undefined) return undefined
  return resource.kind === 'System' ? resource.name : resource.name.slice(0, resource.name.indexOf('/'))
}
