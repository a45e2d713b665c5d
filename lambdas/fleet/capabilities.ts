import type { ECRClient } from '@aws-sdk/client-ecr'
import type { EKSClient } from '@aws-sdk/client-eks'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ecrBulk } from '../../capabilities/ecr/bulk.ts'
import { desired as ecr } from '../../capabilities/ecr/desired.ts'
import { plan as ecrPlan } from '../../capabilities/ecr/plan.ts'
import { iamBulk } from '../../capabilities/iam/bulk.ts'
import { desired as iam } from '../../capabilities/iam/desired.ts'
import { plan as iamPlan } from '../../capabilities/iam/plan.ts'
import { natsBulk, type NatsBulkRemote } from '../../capabilities/nats/bulk.ts'
import { desired as nats } from '../../capabilities/nats/desired.ts'
import { plan as natsPlan } from '../../capabilities/nats/plan.ts'
import { secretsBulk } from '../../capabilities/secrets/bulk.ts'
import { desired as secrets } from '../../capabilities/secrets/desired.ts'
import { plan as secretsPlan } from '../../capabilities/secrets/plan.ts'
import { tenancyBulk } from '../../capabilities/tenancy/bulk.ts'
import { desired as tenancy } from '../../capabilities/tenancy/desired.ts'
import { plan as tenancyPlan } from '../../capabilities/tenancy/plan.ts'
import type { CapabilitiesOf } from '../../flow/fleet/pages.ts'
import { fleetCapability } from '../../flow/fleet/sight.ts'
import type { Target } from '../../flow/steps.ts'
import { readRoles } from '../../iamroles/index.ts'
import { readRoleUsage } from '../../iamroles/usage.ts'
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

/**
 * Every capability that has something in AWS or on NATS, with its pages; those that share pages read them once. From
 * the folders' own files, because each index brings along what changes things.
 */
export function fleetCapabilities(
  installation: string,
  clientsOf: (target: Target) => Promise<FleetClients>,
  servers: Omit<NatsBulkRemote, 'entries'>,
): CapabilitiesOf {
  return (shard) => {
    const clients = once(() => clientsOf(shard))
    if (shard.kind === 'registry')
      return [fleetCapability({ name: 'ecr', per: 'workload', desired: ecr, plan: ecrPlan }, ecrBulk, clients)]
    const roles = once(async () => readRoles((await clients()).iam, installation))
    const entries = once(async () => readEntries((await clients()).secretsManager, installation))
    return [
      fleetCapability({ name: 'iam', per: 'placement', desired: iam, plan: iamPlan }, iamBulk, async () => {
        const { iam: client, eks } = await clients()
        return { roles, eks, usage: () => readRoleUsage(client) }
      }),
      fleetCapability(
        { name: 'tenancy', per: 'system', desired: tenancy, plan: tenancyPlan },
        tenancyBulk,
        async () => ({ roles }),
      ),
      fleetCapability(
        { name: 'secrets', per: 'placement', desired: secrets, plan: secretsPlan },
        secretsBulk,
        async () => ({ entries }),
      ),
      fleetCapability({ name: 'nats', per: 'placement', desired: nats, plan: natsPlan }, natsBulk, async () => ({
        entries,
        ...servers,
      })),
    ]
  }
}
