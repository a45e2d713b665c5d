import middy from '@middy/core'
import * as z from 'zod'
import { commitWorkload, type CommitPorts } from '../../flow/commit.ts'
import { removeApplications, removeManifests, type RetirePorts } from '../../flow/retire.ts'
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
const request = z.discriminatedUnion('operation', [
  z.object({ operation: z.literal('commit'), workload: z.string(), outcomes: z.unknown(), ...common }),
  z.object({ operation: z.literal('system'), system: z.string(), outcomes: z.unknown(), ...common }),
  z.object({ operation: z.literal('remove-applications'), workload: z.string(), ...common }),
  z.object({ operation: z.literal('remove-manifests'), workload: z.string(), ...common }),
])

export type CommitRuntime = Core &
  CommitPorts &
  RetirePorts & { readonly renderSystem: Parameters<typeof commitSystem>[0]['render'] }

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
  }
}
