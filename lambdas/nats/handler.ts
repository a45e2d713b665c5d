import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { nats, type NatsRemote } from '../../capabilities/nats/index.ts'
import { operatorProvider } from '../../capabilities/nats/operator.ts'
import { largeAccountMetric } from '../../domain/metrics.ts'
import { once } from '../core.ts'
import { placementHandler, type ProvisionRuntime } from '../provision.ts'
import { clientOptions, perTarget } from '../runtime/clients.ts'
import { coreRuntime } from '../runtime/core.ts'
import { callerIdentity } from '../runtime/identity.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const telemetry = makeTelemetry('nats')

/** An account that outgrows what servers take is an alarm long before it is a refusal. */
export function warn(message: string): void {
  telemetry.logger.warn(message)
  count(telemetry, largeAccountMetric)
}

export const make = (runtime: ProvisionRuntime<NatsRemote>) =>
  placementHandler(nats, runtime, ({ provider }, servers) => provider.reach(servers))

export const handler = make(
  once(async () => {
    const core = await coreRuntime()
    const control = new SecretsManagerClient({})
    const provider = operatorProvider({ control, installation: core.installation.name })
    const key = core.config.FAIRWAY_CREDENTIALS_KEY
    const controlKey = key === '' ? {} : { controlKey: key }
    const remoteFor = perTarget((target) => {
      const secrets = new SecretsManagerClient(clientOptions(core.config, 'nats', target))
      return {
        secrets,
        control,
        provider,
        table: core.table,
        clock: core.clock,
        random: core.random,
        warn,
        ...controlKey,
      }
    })
    return { ...core, remoteFor, identify: callerIdentity(core.config, 'nats') }
  }),
)
