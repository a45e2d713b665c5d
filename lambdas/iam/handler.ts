import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { iam, type IamRemote } from '../../capabilities/iam/index.ts'
import { once } from '../core.ts'
import { placementHandler, type ProvisionRuntime } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'
import { callerIdentity } from '../runtime/identity.ts'

export const make = (runtime: ProvisionRuntime<IamRemote>) => placementHandler(iam, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => {
      const options = clientOptions(core.config, 'iam', target)
      return { iam: new IAMClient(options), eks: new EKSClient(options) }
    })
    return { ...core, remoteFor, identify: callerIdentity(core.config, 'iam') }
  }),
)
