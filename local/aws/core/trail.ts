import { redacted } from './redact.ts'
import type { ApiCall } from '../../../domain/events.ts'
import type { CallInfo, Service } from './types.ts'

const reported = new Set<Service>(['ecr', 'eks', 'iam', 'secretsmanager'])

/** IAM's events arrive in one region, wherever the call came from: the one that IAM itself is in. */
const regionOfIam = 'us-east-1'

/**
 * A write as CloudTrail reports it to EventBridge, as far as Fairway looks at it: members begin with a small letter, a
 * cluster is called as in the request's path, and only EKS answers with what matters here.
 */
export function apiCall({ service, operation, account, region, input }: CallInfo, answer: object): ApiCall | undefined {
  if (!reported.has(service)) return undefined
  return {
    source: `aws.${service as 'ecr'}`,
    'detail-type': 'AWS API Call via CloudTrail',
    account,
    region: service === 'iam' ? regionOfIam : region,
    detail: {
      eventName: operation,
      requestParameters: members(service, redacted(input)),
      responseElements: service === 'eks' ? (JSON.parse(JSON.stringify(answer)) as Record<string, unknown>) : null,
    },
  }
}

function members(service: Service, input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      if (service === 'eks' && name === 'clusterName') return ['name', value]
      return [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, value]
    }),
  )
}
