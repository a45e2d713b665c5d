import middy from '@middy/core'
import * as z from 'zod'
import type { EventBus } from '../../domain/events.ts'
import { renewalMetrics, unreadyMetrics, unreadyPhases } from '../../domain/metrics.ts'
import { lookAtSecret } from '../../flow/secretchange.ts'
import { lookAtSources, sweep } from '../../flow/sweep.ts'
import { unready } from '../../flow/unready.ts'
import type { Core, Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { sweepRuntime } from '../runtime/sweep.ts'
import { gauge, makeTelemetry } from '../telemetry.ts'

const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.enum(['due', 'sources', 'unready']) }),
  z.object({ operation: z.literal('secret-changed'), secretId: z.string() }),
])

type Ports = Core & { readonly bus: EventBus }

const telemetry = makeTelemetry('sweep')

/** Started by schedules (infra/schedules.ts), and by what others do to entries (infra/rules.ts). */
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
    case 'secret-changed':
      return lookAtSecret(ports, input.secretId)
    case 'sources':
      return lookAtSources(ports)
    default:
      return sweep(ports)
  }
}

/** Zeros too: an alarm takes silence for a failure. What nothing is due for has no days. */
async function measure(ports: Ports) {
  const found = await unready(ports)
  gauge(telemetry, unreadyMetrics.oldest, found.oldest?.seconds ?? 0, 'Seconds')
  for (const phase of unreadyPhases) gauge(telemetry, unreadyMetrics.inPhase(phase), found.phases[phase], 'Count')
  gauge(telemetry, renewalMetrics.due, found.renewals.due, 'Count')
  const { nearest } = found.renewals
  if (nearest) gauge(telemetry, renewalMetrics.nearestExpiry, nearest.days, 'NoUnit')
  // So that who is alarmed finds which one it is.
  if (found.oldest || nearest) telemetry.logger.info('unready', { ...found })
  return found
}

export const handler = make(sweepRuntime)
