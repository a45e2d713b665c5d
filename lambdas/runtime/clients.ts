import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { Terminal } from '../../domain/errors.ts'
import type { Target } from '../../flow/steps.ts'
import type { Config } from '../config.ts'

/** Options of an SDK client for one account and region; in another account, through that capability's role there. */
export function clientOptions(config: Config, capability: string, target: Target) {
  const options = { region: target.region, maxAttempts: 4 }
  if (target.account === config.FAIRWAY_ACCOUNT) return options
  // With its own credentials it would make another account's things in this one.
  if (config.FAIRWAY_MEMBER_ROLE === '') {
    throw new Terminal(`there is no way into the account ${target.account}: no member role is configured`, {
      fix: 'set FAIRWAY_MEMBER_ROLE, or declare only Clusters of the control plane’s account',
    })
  }
  const params = {
    RoleArn: memberRole(config.FAIRWAY_MEMBER_ROLE, capability, target.account),
    RoleSessionName: `fairway-${capability}`,
    ...(config.FAIRWAY_EXTERNAL_ID === '' ? {} : { ExternalId: config.FAIRWAY_EXTERNAL_ID }),
  }
  return { ...options, credentials: fromTemporaryCredentials({ params }) }
}

/** One client per account and region for the life of the instance: connections and credentials are reused. */
export function perTarget<Remote>(make: (target: Target) => Remote): (target: Target) => Promise<Remote> {
  const known = new Map<string, Remote>()
  // Async, so that what `make` throws is a rejection.
  return async (target) => {
    const key = `${target.account}/${target.region}`
    const remote = known.get(key) ?? make(target)
    known.set(key, remote)
    return remote
  }
}

function memberRole(template: string, capability: string, account: string): string {
  return template.replace('{account}', account).replace('{capability}', capability)
}
