import middy from '@middy/core'
import * as z from 'zod'
import { reportPaused } from '../../flow/paused.ts'
import { reportWorkload, type ReportPorts } from '../../flow/report.ts'
import { confirmed, finishRetiring, removalFailed } from '../../flow/retire.ts'
import { reportSystem } from '../../flow/system.ts'
import { caught, type Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { reportRuntime } from '../runtime/report.ts'
import { count, makeTelemetry } from '../telemetry.ts'
import type { CommitOutcome, Removed } from '../../flow/outcome.ts'

const commits = z.array(z.custom<CommitOutcome>((value) => typeof value === 'object' && value !== null))
const removals = z.array(z.custom<Removed>((value) => typeof value === 'object' && value !== null))
const request = z.discriminatedUnion('operation', [
  z.object({
    operation: z.literal('workload'),
    workload: z.string(),
    fence: z.int(),
    generation: z.int(),
    outcomes: z.unknown(),
    commits,
  }),
  z.object({
    operation: z.literal('system'),
    system: z.string(),
    fence: z.int(),
    generation: z.int(),
    outcomes: z.unknown(),
    commits,
  }),
  z.object({
    operation: z.literal('paused'),
    kind: z.enum(['Workload', 'System']),
    name: z.string(),
    fence: z.int(),
  }),
  z.object({ operation: z.literal('confirmed'), workload: z.string(), fence: z.int(), removals }),
  z.object({
    operation: z.literal('finish'),
    workload: z.string(),
    fence: z.int(),
    whole: z.boolean(),
    outcomes: z.unknown(),
  }),
  z.object({ operation: z.literal('removal-failed'), workload: z.string(), fence: z.int(), error: caught }),
])

const telemetry = makeTelemetry('report')

export const make = (runtime: Runtime<ReportPorts>) =>
  middy(async (event: unknown) => {
    const result = await dispatch(await runtime(), request.parse(event))
    if ('phase' in result) {
      telemetry.logger.info(`phase ${result.phase}`, { result })
      count(telemetry, `phase.${result.phase}`)
    }
    return result
  }).use(standard(telemetry))

export const handler = make(reportRuntime)

function dispatch(ports: ReportPorts, input: z.infer<typeof request>) {
  switch (input.operation) {
    case 'workload':
      return reportWorkload(ports, input)
    case 'system':
      return reportSystem(ports, input)
    case 'paused':
      return reportPaused(ports, input)
    case 'confirmed':
      return confirmed(ports, input)
    case 'finish':
      return finishRetiring(ports, input)
    case 'removal-failed':
      return removalFailed(ports, input)
  }
}
