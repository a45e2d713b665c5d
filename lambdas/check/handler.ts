import middy from '@middy/core'
import * as z from 'zod'
import { checkPullRequest } from '../../flow/check/pull.ts'
import { checkPush } from '../../flow/check/push.ts'
import type { CheckPorts } from '../../flow/check/ports.ts'
import type { Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { checkRuntime } from '../runtime/check.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('push'), source: z.string(), commit: z.string() }),
  z.object({ operation: z.literal('pull-request'), source: z.string(), number: z.int().positive() }),
])

const telemetry = makeTelemetry('check')

export const make = (runtime: Runtime<CheckPorts>) =>
  middy(async (event: unknown) => {
    const input = request.parse(event)
    const ports = await runtime()
    const checked = input.operation === 'push' ? await checkPush(ports, input) : await checkPullRequest(ports, input)
    telemetry.logger.info(`check of ${input.source}: ${checked.result}`, { ...input, ...checked })
    count(telemetry, `check.${checked.result}`)
    return checked
  }).use(standard(telemetry))

export const handler = make(checkRuntime)
