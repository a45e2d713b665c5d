import middy from '@middy/core'
import * as z from 'zod'
import type { WriterQueue } from '../../domain/handover.ts'
import type { Json } from '../../domain/table.ts'
import { commitWorkload, type CommitPorts } from '../../flow/commit.ts'
import { handOver } from '../../flow/handover.ts'
import { removeApplications, removeManifests } from '../../flow/removal.ts'
import type { RetirePorts } from '../../flow/retire.ts'
import { commitSystem } from '../../flow/system.ts'
import type { Core, Runtime } from '../core.ts'
import { standard } from '../middleware.ts'
import { commitRuntime } from '../runtime/commit.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const common = {
  fence: z.int(),
  reason: z.string(),
  execution: z.string(),
  part: z.object({ url: z.string(), branch: z.string(), clusters: z.array(z.string()) }),
}
/** As an operation below answered it, and the machine carried it. */
const change = z.object({
  id: z.string(),
  target: z.object({ url: z.string(), branch: z.string() }),
  content: z.string(),
  files: z.int(),
  bytes: z.int(),
  subject: z.string(),
  trailers: z.array(z.tuple([z.string(), z.string()])),
  answer: z.record(
    z.string(),
    z.custom<Json>((value) => value !== undefined),
  ),
})
const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('commit'), workload: z.string(), outcomes: z.unknown(), ...common }),
  z.object({ operation: z.literal('system'), system: z.string(), outcomes: z.unknown(), ...common }),
  z.object({ operation: z.literal('remove-applications'), workload: z.string(), ...common }),
  z.object({ operation: z.literal('remove-manifests'), workload: z.string(), ...common }),
  z.object({
    operation: z.literal('hand-over'),
    kind: z.enum(['Workload', 'System']),
    name: z.string(),
    fence: z.int(),
    change,
    taskToken: z.string().min(1),
  }),
])

export type CommitRuntime = Core &
  CommitPorts &
  RetirePorts & {
    readonly renderSystem: Parameters<typeof commitSystem>[0]['render']
    readonly queue: WriterQueue
  }

const telemetry = makeTelemetry('commit')

export const make = (runtime: Runtime<CommitRuntime>) =>
  middy(async (event: unknown) => {
    const result = await dispatch(await runtime(), request.parse(event))
    telemetry.logger.info('cluster repository', { result })
    if ('result' in result) count(telemetry, `commit.${result.result}`)
    return result
  }).use(standard(telemetry))

export const handler = make(commitRuntime)

function dispatch(ports: CommitRuntime, input: z.infer<typeof request>) {
  switch (input.operation) {
    case 'commit':
      return commitWorkload(ports, input)
    case 'system':
      return commitSystem({ ...ports, render: ports.renderSystem }, input)
    case 'remove-applications':
      return removeApplications(ports, input)
    case 'remove-manifests':
      return removeManifests(ports, input)
    case 'hand-over':
      // The writer answers the execution itself, with the token.
      return handOver(ports, { ...input, ref: { kind: input.kind, name: input.name }, token: input.taskToken })
  }
}
