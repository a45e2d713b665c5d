import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { secrets, type SecretsRemote } from '../../capabilities/secrets/index.ts'
import type { StepPorts } from '../../flow/steps.ts'
import { once, type Runtime } from '../core.ts'
import { placementHandler } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'

export const make = (runtime: Runtime<StepPorts<SecretsRemote>>) => placementHandler(secrets, runtime)

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const remoteFor = perTarget((target) => ({
      secretsManager: new SecretsManagerClient(clientOptions(core.config, 'secrets', target)),
      random: core.random,
    }))
    return { ...core, remoteFor }
  }),
)
