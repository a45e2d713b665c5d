import { createSend } from './core/client.ts'
import { CallCounters } from './core/counters.ts'
import { createWorld } from './core/world.ts'
import { ecr } from './ecr/index.ts'
import { eks } from './eks/index.ts'
import { iam } from './iam/index.ts'
import { kms, type SimulatedKms } from './kms/index.ts'
import { secretsManager } from './secretsmanager/index.ts'
import { sts } from './sts/index.ts'
import { tagging } from './tagging/index.ts'
import type { ECRClient } from '@aws-sdk/client-ecr'
import type { EKSClient } from '@aws-sdk/client-eks'
import type { IAMClient } from '@aws-sdk/client-iam'
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { STSClient } from '@aws-sdk/client-sts'
import type { Environment, ServiceDefinition } from './core/client.ts'
import type { AwsOptions, CallCounts, Place, Quotas, Service } from './core/types.ts'

/** Clients as the SDK's, as far as they are used: by `send`. */
export interface AwsClients {
  ecr(place?: Partial<Place>): Pick<ECRClient, 'send'>
  iam(place?: Partial<Place>): Pick<IAMClient, 'send'>
  eks(place?: Partial<Place>): Pick<EKSClient, 'send'>
  kms(place?: Partial<Place>): SimulatedKms
  secretsManager(place?: Partial<Place>): Pick<SecretsManagerClient, 'send'>
  sts(place?: Partial<Place>): Pick<STSClient, 'send'>
  tagging(place?: Partial<Place>): Pick<ResourceGroupsTaggingAPIClient, 'send'>
}

/** AWS as a control plane on one machine has it: simulated here, or at an endpoint (local/endpoint/). */
export interface SimulatedAws extends AwsClients {
  readonly account: string
  readonly region: string
  /** What others do in the same accounts: CI that pushes an image, an owner who fills in a secret, somebody who
   *  changes a role by hand. Not counted, never faulty, always up to date. */
  readonly outside: AwsClients
  readonly calls: {
    snapshot(): Readonly<Record<Service, CallCounts>>
    reset(): void
  }
}

const defaultQuotas: Quotas = { rolesPerAccount: 1000, repositoriesPerRegistry: 100_000 }

/**
 * AWS at the level of SDK commands, without HTTP. State is kept by account and region, in memory or durably under
 * `directory`; time and randomness come from the caller, so that a simulation can be repeated.
 */
export function createAws(options: AwsOptions): SimulatedAws {
  const counters = new CallCounters()
  const shared = {
    options,
    counters,
    quotas: { ...defaultQuotas, ...options.quotas },
    world: createWorld(options),
    nextRequestId: requestIds(),
  }
  return {
    ...clients({ ...shared, caller: 'fairway' }),
    account: options.account,
    region: options.region,
    outside: clients({ ...shared, caller: 'outside' }),
    calls: { snapshot: () => counters.snapshot(), reset: () => counters.reset() },
  }
}

function clients(environment: Environment): AwsClients {
  const { account, region } = environment.options
  const client = (definition: ServiceDefinition, place: Partial<Place> = {}) => ({
    send: createSend(definition, { account: place.account ?? account, region: place.region ?? region }, environment),
  })
  // The one place where a simulated `send` is taken for the SDK's overloaded one.
  return {
    ecr: (place) => client(ecr, place) as Pick<ECRClient, 'send'>,
    iam: (place) => client(iam, place) as Pick<IAMClient, 'send'>,
    eks: (place) => client(eks, place) as Pick<EKSClient, 'send'>,
    kms: (place) => client(kms, place) as unknown as SimulatedKms,
    secretsManager: (place) => client(secretsManager, place) as Pick<SecretsManagerClient, 'send'>,
    sts: (place) => client(sts, place) as Pick<STSClient, 'send'>,
    tagging: (place) => client(tagging, place) as Pick<ResourceGroupsTaggingAPIClient, 'send'>,
  }
}

/** UUIDs that count: unique, and the same in every repetition of a simulation. */
function requestIds(): () => string {
  let count = 0
  return () => `00000000-0000-4000-8000-${(++count).toString(16).padStart(12, '0')}`
}
