import middy from '@middy/core'
import * as z from 'zod'
import type { EventBus } from '../../domain/events.ts'
import { unreadyMetrics, unreadyPhases } from '../../domain/metrics.ts'
import { lookAtSources, sweep } from '../../flow/sweep.ts'
import { unready } from '../../flow/unready.ts'
import type { Core, Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { sweepRuntime } from '../runtime/sweep.ts'
import { gauge, makeTelemetry } from '../telemetry.ts'

const request = z.object({ operation: z.enum(['due', 'sources', 'unready']) })

type Ports = Core & { readonly bus: EventBus }

const telemetry = makeTelemetry('sweep')

/** Started by schedules (infra/schedules.ts). */
export const make = (runtime: Runtime<Ports>) =>
  middy(async (event: unknown) => {
    const ports = await runtime()
    const { operation } = request.parse(event)
    if (operation === 'unready') return measure(ports)
    const result = operation === 'due' ? await sweep(ports) : await lookAtSources(ports)
    if (result.events > 0) telemetry.logger.info('sweep', result)
    return result
  }).use(standard(telemetry))

/** Zeros too: an alarm takes silence for a failure. */
async function measure(ports: Ports) {
  const found = await unready(ports)
  gauge(telemetry, unreadyMetrics.oldest, found.oldest?.seconds ?? 0, 'Seconds')
  for (const phase of unreadyPhases) gauge(telemetry, unreadyMetrics.inPhase(phase), found.phases[phase], 'Count')
  // So that who is alarmed finds which one it is.
  if (found.oldest) telemetry.logger.info('unready', { ...found })
  return found
}

export const handler = make(sweepRuntime)
