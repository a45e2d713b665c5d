import { IAMClient } from '@aws-sdk/client-iam'
import { tenancy, type TenancyRemote } from '../../capabilities/tenancy/index.ts'
import type { StepPorts } from '../../flow/steps.ts'
import { once, type Runtime } from '../core.ts'
import { tenancyHandler } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'

export const make = (runtime: Runtime<StepPorts<TenancyRemote>>) => tenancyHandler(tenancy, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => ({ iam: new IAMClient(clientOptions(core.config, 'tenancy', target)) }))
    return { ...core, remoteFor }
  }),
)
