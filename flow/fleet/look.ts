import type { Installation } from '../../domain/capability.ts'
import type { Clock } from '../../domain/effects.ts'
import {
  mostFindings,
  shardName,
  type DriftKind,
  type Finding,
  type Fleet,
  type ModeSetting,
  type RecordedReport,
  type Shard,
  type ShardReport,
} from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import type { Brake } from '../source/ports.ts'
import { answered, brakeLook, leftover, unsettles, type Braked } from './answers.ts'
import type { Comparison, Differing, Found } from './comparison.ts'
import { putOnRecord, type Told } from './record.ts'
import { lookDeep, sampleOf, type SampleSettings } from './sample.ts'
import { modeOf, platformOf, type Platform } from './scope.ts'
import { shardsOf } from './shards.ts'
import { compareAll, type Counted } from './stream.ts'

export interface LookPorts {
  readonly store: Pick<Store, 'list' | 'page' | 'getMany' | 'drifted'>
  readonly fleet: Fleet
  readonly installation: Installation
  readonly clock: Clock
  /** Reads pages (flow/fleet/pages.ts) or a branch (flow/fleet/repository.ts). */
  readonly compare: (platform: Platform, shard: Shard) => Promise<Comparison>
  readonly brake: Brake
  readonly sample: SampleSettings
  /** Milliseconds that a look may take before another one may begin. */
  readonly longest: number
}

export type Looked =
  | { readonly result: 'running' }
  | {
      readonly result: 'ended'
      readonly report: ShardReport
      /** The one before. */
      readonly before: RecordedReport | undefined
    }

/**
 * One look at one part of the fleet: reads it in pages, compares every record with it, and makes due what differs.
 * Where nothing differs it writes nothing but its own lease and report.
 */
export async function lookAtShard(
  ports: LookPorts,
  { shard, execution }: { readonly shard: Shard; readonly execution: string },
): Promise<Looked> {
  const { fleet, clock } = ports
  if ((await fleet.begin(shard, execution, clock.now() + ports.longest)) === 'running') return { result: 'running' }
  const setting = await fleet.mode()
  const before = await fleet.report(shard)
  const report =
    setting.mode === 'paused' ? nothingSeen(shard, setting, before) : await look(ports, shard, setting, before)
  return { result: 'ended', report, before: await fleet.end(shard, execution, report) }
}

async function look(
  ports: LookPorts,
  shard: Shard,
  setting: ModeSetting,
  before: RecordedReport | undefined,
): Promise<ShardReport> {
  const { store, clock, installation } = ports
  const [systems, clusters] = await Promise.all([store.list('System'), store.list('Cluster')])
  const platform = platformOf(installation, systems, clusters)
  const comparison = await ports.compare(platform, shard)
  const name = shardName(shard)
  const shards = new Set(shardsOf(installation, platform.clusters).map(shardName))
  const now = () => clock.now()
  const counted = await compareAll({
    store,
    platform,
    comparison,
    fleet: setting.mode,
    lagging: shard.kind !== 'repository',
    isOnRecord: ({ drift = [] }) => drift.some((finding) => finding.shard === name || !shards.has(finding.shard)),
    now,
  })
  const differing = await comparison.confirm(counted.differing)
  const isKnown = ({ where }: Found) =>
    before?.findings.some((one) => one.kind === 'orphan' && one.where === where) ?? false
  const orphans = (await comparison.orphans(isKnown)).map((one) => answered(one, 'report', setting))
  const names = sampleOf(counted.names, ports.sample, now())
  const deep = await lookDeep({ store, comparison, platform, fleet: setting.mode, now }, names)
  const tell = (one: Differing) => told(platform, setting, one)
  const leftovers = counted.leftovers.map(({ record, found }) =>
    tell({ record, found: found.map((one) => leftover(one, record)) }),
  )
  const braked = await brakeOf(ports, shard, leftovers, counted, before)
  const all = [...differing.map(tell), ...leftovers.map((one) => held(one, braked)), ...deep.differing.map(tell)]
  const failed = comparison.failures()
  await putOnRecord(store, name, shards, { told: all, clean: counted.clean, sampled: new Set(deep.sampled), failed })
  const findings = [...all.flatMap(({ findings: each }) => each), ...orphans]
  return {
    shard,
    mode: setting.mode,
    compared: counted.compared,
    skipped: counted.skipped,
    failed,
    counts: countsOf(findings),
    findings: findings.slice(0, mostFindings),
    ...(braked === undefined ? {} : { braked: braked.why, held: braked.held }),
    ...usageOf(comparison, counted, before),
  }
}

/** What could not be counted is as it was: whoever admits would know of no bound. */
function usageOf(
  { usage }: Comparison,
  { applications }: Counted,
  before: RecordedReport | undefined,
): Pick<ShardReport, 'usage'> {
  if (usage === undefined) return {}
  const counted = usage() ?? before?.usage ?? { associations: {} }
  return { usage: { ...counted, applications: Object.fromEntries(applications) } }
}

function told(platform: Platform, setting: ModeSetting, { record, found }: Differing): Told {
  const mode = modeOf(setting.mode, platform.systems.get(systemOf(record)))
  const findings = found.map((one) => answered(one, mode, setting))
  const repairing = findings.some(({ answer }) => answer === 'repairing')
  return { record, findings, wake: repairing || (mode === 'repair' && unsettles(found, record)) }
}

/** Not removed until somebody lets it go. */
function held(one: Told, braked: Braked | undefined): Told {
  if (braked === undefined || !braked.held.includes(one.record.name)) return one
  const findings = one.findings.map((finding): Finding =>
    finding.answer === 'repairing' ? { ...finding, answer: 'reported', why: braked.why } : finding,
  )
  return { ...one, findings, wake: false }
}

/** What retires as a whole is none of it: the brake of its source, or a person, has let it go. */
async function brakeOf(
  { fleet, brake }: LookPorts,
  shard: Shard,
  leftovers: readonly Told[],
  counted: Counted,
  before: RecordedReport | undefined,
): Promise<Braked | undefined> {
  const released = new Set(before?.released?.workloads)
  const rest = leftovers
    .filter(({ record, findings }) => {
      const retires = record.kind === 'Workload' && record.intent === 'retire'
      return !retires && !released.has(record.name) && findings.some(({ answer }) => answer === 'repairing')
    })
    .map(({ record }) => record.name)
  if (rest.length === 0) return undefined
  const why = await fleet.leave(shardName(shard), rest, (lately) => brakeLook(rest, lately, counted, brake))
  return why === undefined ? undefined : { why, held: rest }
}

function nothingSeen(shard: Shard, { mode }: ModeSetting, before: RecordedReport | undefined): ShardReport {
  const skipped = { paused: 0, underway: 0, unsettled: 0, recent: 0 }
  const usage = before?.usage === undefined ? {} : { usage: before.usage }
  return { shard, mode, compared: 0, skipped, failed: [], counts: {}, findings: [], ...usage }
}

function countsOf(findings: readonly Finding[]): Partial<Record<DriftKind, number>> {
  const counts: Partial<Record<DriftKind, number>> = {}
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function systemOf(record: WorkloadRecord | SystemRecord): string {
  return record.kind === 'System' ? record.name : record.system
}
