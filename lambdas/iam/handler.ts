import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { iam, type IamRemote } from '../../capabilities/iam/index.ts'
import type { StepPorts } from '../../flow/steps.ts'
import { once, type Runtime } from '../core.ts'
import { placementHandler } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'

export const make = (runtime: Runtime<StepPorts<IamRemote>>) => placementHandler(iam, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => {
      const options = clientOptions(core.config, 'iam', target)
      return { iam: new IAMClient(options), eks: new EKSClient(options) }
    })
    return { ...core, remoteFor }
  }),
)
