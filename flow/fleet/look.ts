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
import type { BrakeLimits } from '../brake.ts'
import { answered, brakeLook, leftover, unsettles, type Braked } from './answers.ts'
import type { Comparison, Differing, Found } from './comparison.ts'
import { putOnRecord, type Told } from './record.ts'
import { lookDeep, sampleOf, type SampleSettings } from './sample.ts'
import { modeOf, platformOf, type Platform } from './scope.ts'
import { compareAll, type Counted } from './stream.ts'

export interface LookPorts {
  readonly store: Pick<Store, 'list' | 'page' | 'getMany' | 'drifted'>
  readonly fleet: Fleet
  readonly installation: Installation
  readonly clock: Clock
  /** Reads pages (flow/fleet/pages.ts) or a branch (flow/fleet/repository.ts). */
  readonly compare: (platform: Platform, shard: Shard) => Promise<Comparison>
  readonly brake: BrakeLimits
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
  const report = setting.mode === 'paused' ? nothingSeen(shard, setting) : await look(ports, shard, setting)
  return { result: 'ended', report, before: await fleet.end(shard, execution, report) }
}

async function look(ports: LookPorts, shard: Shard, setting: ModeSetting): Promise<ShardReport> {
  const { store, fleet, clock, installation } = ports
  const [systems, clusters, before] = await Promise.all([
    store.list('System'),
    store.list('Cluster'),
    fleet.report(shard),
  ])
  const platform = platformOf(installation, systems, clusters)
  const comparison = await ports.compare(platform, shard)
  const name = shardName(shard)
  const now = () => clock.now()
  const counted = await compareAll({
    store,
    platform,
    comparison,
    fleet: setting.mode,
    lagging: shard.kind !== 'repository',
    isOnRecord: ({ drift = [] }) => drift.some((finding) => finding.shard === name),
    now,
  })
  const differing = await comparison.confirm(counted.differing)
  const isKnown = ({ where }: Found) =>
    before?.findings.some((one) => one.kind === 'orphan' && one.where === where) ?? false
  const orphans = (await comparison.orphans(isKnown)).map((one) => answered(one, 'report', setting))
  const names = sampleOf(counted.names, ports.sample, now())
  const deep = await lookDeep({ store, comparison, platform, fleet: setting.mode, now }, names)
  const leftovers = counted.leftovers.map(({ record, found }) => ({
    record,
    found: found.map((one) => leftover(one, record)),
  }))
  const braked = brakeOf(ports, setting, platform, leftovers, counted, before)
  const tell = (one: Differing) => told(platform, setting, one)
  const all = [...differing.map(tell), ...leftovers.map((one) => held(tell(one), braked)), ...deep.differing.map(tell)]
  const failed = comparison.failures()
  await putOnRecord(store, name, { told: all, clean: counted.clean, sampled: new Set(deep.sampled), failed })
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
    ...usageOf(comparison, counted),
  }
}

function usageOf(comparison: Comparison, { applications }: Counted): Pick<ShardReport, 'usage'> {
  const usage = comparison.usage?.()
  return usage === undefined ? {} : { usage: { ...usage, applications: Object.fromEntries(applications) } }
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

function brakeOf(
  ports: LookPorts,
  setting: ModeSetting,
  platform: Platform,
  leftovers: readonly Differing[],
  counted: Counted,
  before: RecordedReport | undefined,
): Braked | undefined {
  const going = leftovers.filter((one) =>
    told(platform, setting, one).findings.some((each) => each.answer === 'repairing'),
  )
  const names = going.map(({ record }) => record.name)
  return brakeLook(names, before?.released?.workloads ?? [], counted, ports.brake)
}

function nothingSeen(shard: Shard, { mode }: ModeSetting): ShardReport {
  const skipped = { paused: 0, underway: 0, unsettled: 0, recent: 0 }
  return { shard, mode, compared: 0, skipped, failed: [], counts: {}, findings: [] }
}

function countsOf(findings: readonly Finding[]): Partial<Record<DriftKind, number>> {
  const counts: Partial<Record<DriftKind, number>> = {}
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

function systemOf(record: WorkloadRecord | SystemRecord): string {
  return record.kind === 'System' ? record.name : record.system
}
