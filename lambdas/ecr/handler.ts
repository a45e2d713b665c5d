import { ECRClient } from '@aws-sdk/client-ecr'
import { ecr, type EcrRemote } from '../../capabilities/ecr/index.ts'
import { once } from '../core.ts'
import { workloadHandler, type ProvisionRuntime } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'
import { callerIdentity } from '../runtime/identity.ts'

export const make = (runtime: ProvisionRuntime<EcrRemote>) => workloadHandler(ecr, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => ({ ecr: new ECRClient(clientOptions(core.config, 'ecr', target)) }))
    return { ...core, remoteFor, identify: callerIdentity(core.config, 'ecr') }
  }),
)
