import { ECRClient } from '@aws-sdk/client-ecr'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { operatorProvider } from '../../capabilities/nats/operator.ts'
import type { LookPorts } from '../../flow/fleet/look.ts'
import { blobId } from '../../git/blob.ts'
import { createFleet } from '../../store/fleet.ts'
import type { Config } from '../config.ts'
import { once } from '../core.ts'
import { fleetCapabilities } from '../fleet/capabilities.ts'
import { clientOptions, perTarget } from './clients.ts'
import { coreRuntime } from './core.ts'
import { rendering } from './rendering.ts'
import { writerRuntime } from './writer.ts'

/** The longest look, and a minute for clocks that differ: the function's own limit is in infra/stages.ts. */
export const longestLook = 660_000

export const fleetRuntime = once(async (): Promise<LookPorts> => {
  const { config, ...core } = await coreRuntime()
  const control = new SecretsManagerClient({})
  const clientsOf = perTarget((target) => {
    const options = clientOptions(config, 'fleet', target)
    return {
      ecr: new ECRClient(options),
      tagging: new ResourceGroupsTaggingAPIClient(options),
      iam: new IAMClient(options),
      eks: new EKSClient(options),
      secretsManager: new SecretsManagerClient(options),
    }
  })
  const provider = operatorProvider({ control, installation: core.installation.name })
  return {
    ...core,
    fleet: createFleet(core.table, core),
    capabilities: fleetCapabilities(core.installation.name, clientsOf, { table: core.table, provider }),
    repository: { ...rendering, blobId, writer: await writerRuntime() },
    ...lookSettings(config),
  }
})

export function lookSettings(config: Config): Pick<LookPorts, 'brake' | 'sample' | 'longest'> {
  return {
    brake: { workloads: config.FAIRWAY_BRAKE_WORKLOADS, share: config.FAIRWAY_BRAKE_PERCENT / 100 },
    sample: { size: config.FAIRWAY_FLEET_SAMPLE, period: config.FAIRWAY_FLEET_MINUTES * 60_000 },
    longest: longestLook,
  }
}
