import middy from '@middy/core'
import * as z from 'zod'
import { failedSource, readSource } from '../../flow/source/read.ts'
import { caught, type Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { sourceRuntime } from '../runtime/source.ts'
import { count, makeTelemetry } from '../telemetry.ts'
import type { ReadingPorts } from '../../flow/source/ports.ts'

const held = { source: z.string(), fence: z.int() }
const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('read'), reason: z.string(), ...held }),
  z.object({ operation: z.literal('failed'), error: caught, ...held }),
])

const telemetry = makeTelemetry('source')

export const make = (runtime: Runtime<ReadingPorts>) =>
  middy(async (event: unknown) => {
    const input = request.parse(event)
    if (input.operation === 'failed') return failedSource(await runtime(), input)
    const read = await readSource(await runtime(), input)
    telemetry.logger.info(`read ${input.source}: ${read.result}`, { ...read, reason: input.reason })
    count(telemetry, `source.${read.result}`)
    return read
  }).use(standard(telemetry))

export const handler = make(sourceRuntime)
