import { IAMClient } from '@aws-sdk/client-iam'
import { tenancy, type TenancyRemote } from '../../capabilities/tenancy/index.ts'
import { once } from '../core.ts'
import { tenancyHandler, type ProvisionRuntime } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'
import { callerIdentity } from '../runtime/identity.ts'

export const make = (runtime: ProvisionRuntime<TenancyRemote>) => tenancyHandler(tenancy, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => ({ iam: new IAMClient(clientOptions(core.config, 'tenancy', target)) }))
    return { ...core, remoteFor, identify: callerIdentity(core.config, 'tenancy') }
  }),
)
