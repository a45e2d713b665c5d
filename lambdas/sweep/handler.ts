import middy from '@middy/core'
import * as z from 'zod'
import type { EventBus } from '../../domain/events.ts'
import { pausedMetrics, renewalMetrics, startMetrics, unreadyMetrics, unreadyPhases } from '../../domain/metrics.ts'
import type { Slowed } from '../../domain/pace.ts'
import { lookAtFleet } from '../../flow/fleet/shards.ts'
import { resume } from '../../flow/parked.ts'
import { lookAtChange } from '../../flow/resourcechange.ts'
import { sweep } from '../../flow/sweep.ts'
import { unready } from '../../flow/unready.ts'
import type { Core, Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { sweepRuntime } from '../runtime/sweep.ts'
import { gauge, makeTelemetry } from '../telemetry.ts'

const members = z.record(z.string(), z.unknown()).nullish()
const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.enum(['due', 'fleet', 'unready']) }),
  z.object({
    operation: z.literal('resource-changed'),
    source: z.string(),
    account: z.string(),
    region: z.string(),
    call: z.object({
      eventName: z.string(),
      errorCode: z.string().optional(),
      requestParameters: members,
      responseElements: members,
    }),
  }),
])

type Ports = Core & { readonly bus: EventBus }

const telemetry = makeTelemetry('sweep')

/** Started by schedules (infra/schedules.ts), and by what others change (infra/rules.ts). */
export const make = (runtime: Runtime<Ports>) =>
  middy(async (event: unknown) => {
    const ports = await runtime()
    const input = request.parse(event)
    if (input.operation === 'unready') return measure(ports)
    const result = await look(ports, input)
    if (result.events > 0) telemetry.logger.info('sweep', { operation: input.operation, ...result })
    return result
  }).use(standard(telemetry))

function look(ports: Ports, input: Exclude<z.infer<typeof request>, { operation: 'unready' }>) {
  switch (input.operation) {
    case 'resource-changed':
      return lookAtChange(ports, input)
    case 'fleet':
      return lookAtFleet(ports)
    default:
      return start(ports)
  }
}

/** Both are silent while there is nothing to say: nothing waits, nothing is slow. */
async function start(ports: Ports) {
  const { resumed } = await resume(ports)
  if (resumed > 0) telemetry.logger.info('not paused any more', { resumed })
  const result = await sweep(ports)
  if (result.waiting > 0) gauge(telemetry, startMetrics.waiting, result.waiting, 'Count')
  for (const [service, share] of slowest(result.slowed)) {
    gauge(telemetry, startMetrics.pace(service), 100 * share, 'Percent')
  }
  if (result.slowed.length > 0) telemetry.logger.info('slowed down', { slowed: result.slowed })
  return result
}

function slowest(slowed: readonly Slowed[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const { service, share } of slowed) shares.set(service, Math.min(share, shares.get(service) ?? 1))
  return shares
}

/** Zeros too: an alarm takes silence for a failure. Where nothing is due, or nothing ends, there is no time left to tell. */
async function measure(ports: Ports) {
  const found = await unready(ports)
  gauge(telemetry, unreadyMetrics.oldest, found.oldest?.seconds ?? 0, 'Seconds')
  for (const phase of unreadyPhases) gauge(telemetry, unreadyMetrics.inPhase(phase), found.phases[phase], 'Count')
  gauge(telemetry, renewalMetrics.due, found.renewals.due, 'Count')
  if (found.paused) {
    gauge(telemetry, pausedMetrics.systems, found.paused.systems, 'Count')
    gauge(telemetry, pausedMetrics.workloads, found.paused.workloads, 'Count')
  }
  const { nearest, latest } = found.renewals
  if (latest) gauge(telemetry, renewalMetrics.timeLeft, latest.timeLeft, 'Percent')
  if (nearest) gauge(telemetry, renewalMetrics.nearestExpiry, nearest.days, 'NoUnit')
  // So that who is alarmed finds which one it is.
  if (found.oldest || nearest) telemetry.logger.info('unready', { ...found })
  return found
}

export const handler = make(sweepRuntime)
