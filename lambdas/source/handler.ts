import middy from '@middy/core'
import * as z from 'zod'
import { lookAtHeads, type HeadsPorts } from '../../flow/source/heads.ts'
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
  z.object({ operation: z.literal('heads') }),
])

const telemetry = makeTelemetry('source')

export type SourcePorts = ReadingPorts & HeadsPorts

/** Steps of `reconcile-source`; and `heads`, which a schedule calls (infra/schedules.ts). */
export const make = (runtime: Runtime<SourcePorts>) =>
  middy(async (event: unknown) => {
    const ports = await runtime()
    const input = request.parse(event)
    if (input.operation === 'failed') return failedSource(ports, input)
    if (input.operation === 'heads') return heads(ports)
    const read = await readSource(ports, input)
    telemetry.logger.info(`read ${input.source}: ${read.result}`, { ...read, reason: input.reason })
    count(telemetry, `source.${read.result}`)
    return read
  }).use(standard(telemetry))

async function heads(ports: HeadsPorts) {
  const seen = await lookAtHeads(ports)
  if (seen.events > 0) telemetry.logger.info('heads of sources', { ...seen })
  return seen
}

export const handler = make(sourceRuntime)
