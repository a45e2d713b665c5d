import middy from '@middy/core'
import * as z from 'zod'
import type { RecordedReport, ShardReport } from '../domain/fleet.ts'
import { shardName } from '../domain/fleet.ts'
import { fleetMetrics } from '../domain/metrics.ts'
import { lookAtShard, type Looked, type LookPorts } from '../flow/fleet/look.ts'
import { shardOf } from '../flow/fleet/shards.ts'
import type { Runtime } from './core.ts'
import { standard } from './middleware.ts'
import { count, gauge, makeTelemetry } from './telemetry.ts'

const request = z.object({
  execution: z.string(),
  shard: z.string(),
  kind: z.enum(['registry', 'place', 'repository']),
  account: z.string().nullable(),
  region: z.string().nullable(),
  url: z.string().nullable(),
  branch: z.string().nullable(),
})

/** One for both functions that look: what they measure is one fleet's. */
const telemetry = makeTelemetry('fleet')

/** What an execution's output has room for. */
export interface FleetAnswer {
  readonly result: Looked['result']
  readonly compared: number
  readonly findings: number
  readonly failed: readonly string[]
}

/** Started for each part of the fleet, by the schedule of the sweep (infra/schedules.ts). */
export const make = (runtime: Runtime<LookPorts>) =>
  middy(async (event: unknown): Promise<FleetAnswer> => {
    const ports = await runtime()
    const input = request.parse(event)
    const began = ports.clock.now()
    const looked = await lookAtShard(ports, { shard: shardOf(input), execution: input.execution })
    if (looked.result === 'running') return { result: 'running', compared: 0, findings: 0, failed: [] }
    measure(looked, began, ports.clock.now())
    tell(looked.report)
    const { compared, failed } = looked.report
    return { result: 'ended', compared, findings: total(looked.report), failed: failed.map((one) => one.capability) }
  }).use(standard(telemetry))

/** Zeros too: an alarm takes silence for a failure. */
function measure({ report, before }: Extract<Looked, { result: 'ended' }>, began: number, now: number): void {
  count(telemetry, fleetMetrics.ended)
  gauge(telemetry, fleetMetrics.seconds, Math.round((now - began) / 1000), 'Seconds')
  gauge(telemetry, fleetMetrics.compared, report.compared, 'Count')
  const skipped = Object.values(report.skipped).reduce((sum, some) => sum + some, 0)
  gauge(telemetry, fleetMetrics.skipped, skipped, 'Count')
  gauge(telemetry, fleetMetrics.failed, report.failed.length, 'Count')
  gauge(telemetry, fleetMetrics.found, total(report), 'Count')
  for (const [kind, some] of Object.entries(report.counts)) gauge(telemetry, fleetMetrics.ofKind(kind), some, 'Count')
  gauge(telemetry, fleetMetrics.oldest, oldest(report, before, now), 'Seconds')
  if (report.braked !== undefined) count(telemetry, fleetMetrics.braked)
}

/** Since when something is there that a reconcile was asked to put right: what only people can mend they know by now. */
function oldest(report: ShardReport, before: RecordedReport | undefined, now: number): number {
  const wanted = new Set(report.findings.filter(({ answer }) => answer === 'repairing').map(({ where }) => where))
  const times = (before?.findings ?? []).filter(({ where }) => wanted.has(where)).map(({ since }) => Date.parse(since))
  return times.length === 0 ? 0 : Math.max(0, Math.round((now - Math.min(...times)) / 1000))
}

/** So that who is alarmed finds which they are; all of them are in the report. */
const mostLogged = 20

function tell(report: ShardReport): void {
  const { findings, failed, braked, held, ...rest } = report
  const news = { ...rest, shard: shardName(report.shard), failed, findings: findings.slice(0, mostLogged) }
  const brake = braked === undefined ? {} : { braked, held: held?.slice(0, mostLogged) }
  if (failed.length > 0 || braked !== undefined) telemetry.logger.warn('look', { ...news, ...brake })
  else if (findings.length > 0) telemetry.logger.info('look', news)
}

function total({ counts }: ShardReport): number {
  return Object.entries(counts).reduce((sum, [kind, some]) => (kind === 'due' ? sum : sum + some), 0)
}
