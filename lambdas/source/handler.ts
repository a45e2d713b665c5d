import middy from '@middy/core'
import * as z from 'zod'
import { readSource } from '../../flow/source/read.ts'
import type { Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { sourceRuntime } from '../runtime/source.ts'
import { count, makeTelemetry } from '../telemetry.ts'
import type { ReadingPorts } from '../../flow/source/ports.ts'

const request = z.object({
  source: z.string(),
  fence: z.int(),
  reason: z.string(),
})

const telemetry = makeTelemetry('source')

export const make = (runtime: Runtime<ReadingPorts>) =>
  middy(async (event: unknown) => {
    const input = request.parse(event)
    const read = await readSource(await runtime(), input)
    telemetry.logger.info(`read ${input.source}: ${read.result}`, { ...read, reason: input.reason })
    count(telemetry, `source.${read.result}`)
    return read
  }).use(standard(telemetry))

export const handler = make(sourceRuntime)
