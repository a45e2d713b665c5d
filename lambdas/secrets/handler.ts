import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secrets, type SecretsRemote } from '../../capabilities/secrets/index.ts'
import { once } from '../core.ts'
import { placementHandler, type ProvisionRuntime } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'
import { callerIdentity } from '../runtime/identity.ts'

export const make = (runtime: ProvisionRuntime<SecretsRemote>) => placementHandler(secrets, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => ({
      secretsManager: new SecretsManagerClient(clientOptions(core.config, 'secrets', target)),
      random: core.random,
    }))
    return { ...core, remoteFor, identify: callerIdentity(core.config, 'secrets') }
  }),
)
