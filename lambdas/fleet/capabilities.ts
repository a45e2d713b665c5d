import type { ECRClient } from '@aws-sdk/client-ecr'
import type { EKSClient } from '@aws-sdk/client-eks'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ecrBulk } from '../../capabilities/ecr/bulk.ts'
import { ecr } from '../../capabilities/ecr/index.ts'
import { iamBulk } from '../../capabilities/iam/bulk.ts'
import { iam } from '../../capabilities/iam/index.ts'
import { natsBulk, type NatsBulkRemote } from '../../capabilities/nats/bulk.ts'
import { nats } from '../../capabilities/nats/index.ts'
import { secretsBulk } from '../../capabilities/secrets/bulk.ts'
import { secrets } from '../../capabilities/secrets/index.ts'
import { tenancyBulk } from '../../capabilities/tenancy/bulk.ts'
import { tenancy } from '../../capabilities/tenancy/index.ts'
import type { CapabilitiesOf } from '../../flow/fleet/pages.ts'
import { fleetCapability } from '../../flow/fleet/sight.ts'
import type { Target } from '../../flow/steps.ts'
import { readRoles } from '../../iamroles/index.ts'
import { readEntries } from '../../secretentries/index.ts'
import { once } from '../core.ts'

/** Clients of one account and region. */
export interface FleetClients {
  readonly ecr: Pick<ECRClient, 'send'>
  readonly tagging: Pick<ResourceGroupsTaggingAPIClient, 'send'>
  readonly iam: Pick<IAMClient, 'send'>
  readonly eks: Pick<EKSClient, 'send'>
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>
}

/** Every capability that has something in AWS or on NATS, with its pages; those that share pages read them once. */
export function fleetCapabilities(
  installation: string,
  clientsOf: (target: Target) => Promise<FleetClients>,
  servers: Omit<NatsBulkRemote, 'entries'>,
): CapabilitiesOf {
  return (shard) => {
    const clients = once(() => clientsOf(shard))
    if (shard.kind === 'registry') return [fleetCapability(ecr, ecrBulk, clients)]
    const roles = once(async () => readRoles((await clients()).iam, installation))
    const entries = once(async () => readEntries((await clients()).secretsManager, installation))
    return [
      fleetCapability(iam, iamBulk, async () => ({ roles, eks: (await clients()).eks })),
      fleetCapability(tenancy, tenancyBulk, async () => ({ roles })),
      fleetCapability(secrets, secretsBulk, async () => ({ entries })),
      fleetCapability(nats, natsBulk, async () => ({ entries, ...servers })),
    ]
  }
}
