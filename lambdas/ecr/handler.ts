import { ECRClient } from '@aws-sdk/client-ecr'
import { ecr, type EcrRemote } from '../../capabilities/ecr/index.ts'
import type { StepPorts } from '../../flow/steps.ts'
import { once, type Runtime } from '../core.ts'
import { workloadHandler } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'

export const make = (runtime: Runtime<StepPorts<EcrRemote>>) => workloadHandler(ecr, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => ({ ecr: new ECRClient(clientOptions(core.config, 'ecr', target)) }))
    return { ...core, remoteFor }
  }),
)
