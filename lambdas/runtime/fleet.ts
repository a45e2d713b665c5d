import { ECRClient } from '@aws-sdk/client-ecr'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { operatorProvider } from '../../capabilities/nats/operator.ts'
import type { LookPorts } from '../../flow/fleet/look.ts'
import { lookAtPages } from '../../flow/fleet/pages.ts'
import { once } from '../core.ts'
import { fleetCapabilities } from '../fleet/capabilities.ts'
import { clientOptions, perTarget } from './clients.ts'
import { coreRuntime } from './core.ts'
import { looking } from './looking.ts'

export const fleetRuntime = once(async (): Promise<LookPorts> => {
  const core = await coreRuntime()
  const { config, installation, specs, table } = core
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
  const provider = operatorProvider({ control: new SecretsManagerClient({}), installation: installation.name })
  const capabilities = fleetCapabilities(installation.name, clientsOf, { table, provider })
  return { ...looking(core), compare: lookAtPages({ specs, capabilities }) }
})
