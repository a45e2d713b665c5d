import middy from '@middy/core'
import * as z from 'zod'
import { acquire, release } from '../../flow/lease.ts'
import type { Core, Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { coreRuntime } from '../runtime/core.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const ref = { kind: z.enum(['Workload', 'System', 'Source']), name: z.string() }
const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('acquire'), machine: z.enum(['reconcile', 'retire']), holder: z.string(), ...ref }),
  z.object({
    operation: z.literal('release'),
    fence: z.int(),
    due: z.number().nullish(),
    failed: z.boolean().default(false),
    ...ref,
  }),
])

const telemetry = makeTelemetry('lease')

export const make = (runtime: Runtime<Core>) =>
  middy(async (event: unknown) => {
    const core = await runtime()
    const input = request.parse(event)
    const resource = { kind: input.kind, name: input.name }
    if (input.operation === 'release') {
      return release(core, { ref: resource, fence: input.fence, due: input.due ?? null, failed: input.failed })
    }
    const held = await acquire(core, { machine: input.machine, ref: resource, holder: input.holder })
    count(telemetry, `lease.${held.result}`)
    return held
  }).use(standard(telemetry))

export const handler = make(coreRuntime)
