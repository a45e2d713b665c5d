import { intersects } from '../../domain/wildcard.ts'

/**
 * What no statement of a workload may reach, whatever a ceiling says: Fairway's own resources (names as
 * domain/names.ts and infra/ make them). A pattern that only *could* match one is refused.
 */
const own = [
  { what: 'secrets of workloads and of Fairway', pattern: 'arn:*:secretsmanager:*:*:secret:fairway/*' },
  { what: 'secrets of the control plane', pattern: 'arn:*:secretsmanager:*:*:secret:fairway-control/*' },
  { what: 'roles that Fairway makes', pattern: 'arn:*:iam::*:role/fairway/*' },
  { what: 'policies that Fairway makes', pattern: 'arn:*:iam::*:policy/fairway/*' },
  { what: 'parameters of the control plane', pattern: 'arn:*:ssm:*:*:parameter/fairway/*' },
  ...[
    ['tables', 'dynamodb', 'table/fairway*'],
    ['key aliases', 'kms', 'alias/fairway*'],
    ['functions', 'lambda', 'function:fairway*'],
    ['state machines', 'states', '*:fairway*'],
    ['event buses', 'events', 'event-bus/fairway*'],
    ['event rules', 'events', 'rule/fairway*'],
    ['schedules', 'scheduler', 'schedule*/fairway*'],
    ['queues', 'sqs', 'fairway*'],
    ['topics', 'sns', 'fairway*'],
    ['stacks', 'cloudformation', 'stack/fairway*'],
    ['logs', 'logs', 'log-group:*fairway*'],
  ].map(([what, service, resource]) => ({
    what: `${what} of the control plane`,
    pattern: `arn:*:${service}:*:*:${resource}`,
  })),
  { what: 'buckets of the control plane', pattern: 'arn:*:s3:::fairway-*' },
]

/** What of Fairway's the ARN pattern could reach; undefined when nothing. */
export function reachesFairway(resource: string): string | undefined {
  // A policy variable is filled in by AWS with whatever the session carries.
  const pattern = resource.replaceAll(/\$\{[^}]*\}/g, '*')
  const reached = own.find((entry) => intersectsArn(entry.pattern, pattern))
  if (reached) return reached.what
  // Key ids are random: a wildcard in one could be the key of Fairway's credentials.
  return /^arn:[^:]*:kms:/.test(pattern) && /[*?]/.test(pattern.split(':').slice(5).join(':'))
    ? 'KMS keys of the control plane'
    : undefined
}

/**
 * Part by part, because a wildcard of an ARN does not reach over a colon, except in the resource; missing parts are
 * wildcards. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
function intersectsArn(left: string, right: string): boolean {
  const [one, other] = [parts(left), parts(right)]
  return one.every((part, index) => intersects(part, other[index] ?? '*'))
}

function parts(arn: string): string[] {
  const [scheme = '*', partition = '*', service = '*', region = '*', account = '*', ...resource] = arn.split(':')
  return [scheme, partition, service, region, account, resource.length === 0 ? '*' : resource.join(':')]
}
