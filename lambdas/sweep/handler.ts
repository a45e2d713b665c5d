import middy from '@middy/core'
import * as z from 'zod'
import type { EventBus } from '../../domain/events.ts'
import { lookAtSources, sweep } from '../../flow/sweep.ts'
import type { Core, Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { sweepRuntime } from '../runtime/sweep.ts'
import { makeTelemetry } from '../telemetry.ts'

const request = z.object({ operation: z.enum(['due', 'sources']) })

const telemetry = makeTelemetry('sweep')

/** Started by schedules: `due` every minute, `sources` less often. */
export const make = (runtime: Runtime<Core & { readonly bus: EventBus }>) =>
  middy(async (event: unknown) => {
    const ports = await runtime()
    const result = request.parse(event).operation === 'due' ? await sweep(ports) : await lookAtSources(ports)
    if (result.events > 0) telemetry.logger.info('sweep', result)
    return result
  }).use(standard(telemetry))

export const handler = make(sweepRuntime)
