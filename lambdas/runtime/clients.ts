import type { IAMClient } from '@aws-sdk/client-iam'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { fromAws } from '../../domain/awserrors.ts'
import { Terminal } from '../../domain/errors.ts'
import { partitionOf } from '../../domain/partition.ts'
import type { Target } from '../../flow/steps.ts'
import type { Config } from '../config.ts'

/** Options of an SDK client for one account and region; in another account, through that capability's role there. */
export function clientOptions(config: Config, capability: string, target: Target) {
  // Adaptive: whoever is throttled asks more slowly, no slower than every two seconds. Four attempts take seconds, of
  // the sixty that these functions have. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
  const options = { region: target.region, maxAttempts: 4, retryMode: 'adaptive' }
  if (target.account === config.FAIRWAY_ACCOUNT) return options
  return { ...options, credentials: memberCredentials(config, capability, target) }
}

/** One client per account and region for the life of the instance: connections and credentials are reused. */
export function perTarget<Remote>(make: (target: Target) => Remote): (target: Target) => Promise<Remote> {
  const known = new Map<string, Remote>()
  // Async, so that what `make` throws is a rejection.
  return async (target) => {
    const key = `${target.account}/${target.region}`
    const remote = known.get(key) ?? signed(make(target))
    known.set(key, remote)
    return remote
  }
}

/** What these clients throw says which service it is from, as domain/awserrors.ts reads it: SDK errors do not. */
function signed<Remote>(remote: Remote): Remote {
  for (const client of Object.values(remote ?? {}).filter(isClient)) {
    const service = { $service: client.config.serviceId.replaceAll(' ', '').toLowerCase() }
    client.middlewareStack.add(
      (next) => async (call) => {
        try {
          return await next(call)
        } catch (error) {
          throw error instanceof Error ? Object.assign(error, service) : error
        }
      },
      { step: 'initialize', name: 'sayService', override: true },
    )
  }
  return remote
}

function isClient(value: unknown): value is Pick<IAMClient, 'config' | 'middlewareStack'> {
  return typeof value === 'object' && value !== null && 'middlewareStack' in value && 'config' in value
}

function memberCredentials(config: Config, capability: string, { account, region }: Target) {
  refuseStranger(config, account, region)
  const role = config.FAIRWAY_MEMBER_ROLE.replace('{account}', account).replace('{capability}', capability)
  const take = fromTemporaryCredentials({
    params: {
      RoleArn: role,
      RoleSessionName: `fairway-${capability}`,
      ...(config.FAIRWAY_EXTERNAL_ID === '' ? {} : { ExternalId: config.FAIRWAY_EXTERNAL_ID }),
    },
    // The control plane's own, which is sure to know its credentials; what it hands out is good in every region.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html
    clientConfig: { region: config.AWS_REGION },
  })
  return async (properties: Parameters<typeof take>[0]) => {
    try {
      return await take(properties)
    } catch (error) {
      throw notAdmitted(error, role, account)
    }
  }
}

/** With its own credentials it would make another account's things in this one. */
function refuseStranger(config: Config, account: string, region: string): void {
  if (!config.FAIRWAY_MEMBERS.includes(account) || config.FAIRWAY_MEMBER_ROLE === '') {
    throw new Terminal(`there is no way into the account ${account}: it is no member of this installation`, {
      fix: 'deploy MemberAccount there and add the account to `members` of the control plane (docs/accounts.md), or correct spec.aws.account of the Cluster',
    })
  }
  if (partitionOf(region) === partitionOf(config.AWS_REGION)) return
  throw new Terminal(`${region} is in the partition ${partitionOf(region)}, where no credentials from here are valid`, {
    fix: 'install a control plane of its own in that partition',
  })
}

function notAdmitted(error: unknown, role: string, account: string): Error {
  const told = fromAws(error, `take on the role ${role}`)
  if (!(told instanceof Terminal)) return told
  return new Terminal(told.message, {
    cause: error,
    fix: `deploy MemberAccount in ${account} with this installation, this control plane's account and the same external id (docs/accounts.md)`,
  })
}
