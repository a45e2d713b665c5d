import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import type { Target } from '../../flow/steps.ts'
import type { Config } from '../config.ts'

/** Options of an SDK client for one account and region; in another account, through that capability's role there. */
export function clientOptions(config: Config, capability: string, target: Target) {
  const own = target.account === config.FAIRWAY_ACCOUNT || config.FAIRWAY_MEMBER_ROLE === ''
  const credentials = own
    ? {}
    : {
        credentials: fromTemporaryCredentials({
          params: {
            RoleArn: memberRole(config.FAIRWAY_MEMBER_ROLE, capability, target.account),
            RoleSessionName: `fairway-${capability}`,
            ...(config.FAIRWAY_EXTERNAL_ID === '' ? {} : { ExternalId: config.FAIRWAY_EXTERNAL_ID }),
          },
        }),
      }
  return { region: target.region, maxAttempts: 4, ...credentials }
}

/** One client per account and region for the life of the instance: connections and credentials are reused. */
export function perTarget<Remote>(make: (target: Target) => Remote): (target: Target) => Promise<Remote> {
  const known = new Map<string, Remote>()
  return (target) => {
    const key = `${target.account}/${target.region}`
    const remote = known.get(key) ?? make(target)
    known.set(key, remote)
    return Promise.resolve(remote)
  }
}

function memberRole(template: string, capability: string, account: string): string {
  return template.replace('{account}', account).replace('{capability}', capability)
}
