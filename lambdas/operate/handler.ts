import middy from '@middy/core'
import * as z from 'zod'
import { operate, type OperatePorts } from '../../flow/operate.ts'
import type { Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { operateRuntime } from '../runtime/operate.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const workload = z.string().max(100)
const operation = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('apply'),
    files: z.array(z.strictObject({ path: z.string().max(500), text: z.string().max(1_048_576) })).max(500),
  }),
  z.strictObject({ operation: z.literal('status'), name: workload.optional() }),
  z.strictObject({ operation: z.literal('reconcile'), workload }),
  z.strictObject({ operation: z.literal('retire'), workload, confirm: z.string().max(40).optional() }),
  z.strictObject({ operation: z.literal('adopt'), workload, key: z.string().max(200), id: z.string().max(2048) }),
  z.strictObject({ operation: z.literal('transfer'), workload, to: z.string().max(40) }),
  z.strictObject({ operation: z.literal('go'), source: z.string().max(40) }),
])

/** `who` is what authenticated the caller: the identity that IAM knows, or the local user. */
const request = z.strictObject({ who: z.string().min(1).max(300), request: operation })

const telemetry = makeTelemetry('operate')

export const make = (runtime: Runtime<OperatePorts>) =>
  middy(async (event: unknown) => {
    const input = request.parse(event)
    const result = await operate(await runtime(), input.who, input.request as Parameters<typeof operate>[2])
    if (input.request.operation !== 'status') {
      telemetry.logger.info(`${input.request.operation}: ${result.message}`, { who: input.who, result: result.result })
    }
    count(telemetry, `operation.${input.request.operation}`)
    return result
  }).use(standard(telemetry))

export const handler = make(operateRuntime)
