import { grants as ecr } from '../capabilities/ecr/grants.ts'
import { grants as iam } from '../capabilities/iam/grants.ts'
import { controlGrants, grants as nats } from '../capabilities/nats/grants.ts'
import { grants as secrets } from '../capabilities/secrets/grants.ts'
import { grants as tenancy } from '../capabilities/tenancy/grants.ts'
import type { Grant } from '../domain/grants.ts'
import type { Stage } from './stages.ts'

/**
 * Everything that each stage's function may do: the grants of its capability, and those of the calls that the stage
 * itself makes (`lambdas/runtime/`, `store/dynamodb.ts`). Beyond the placeholders of domain/grants.ts there is
 * `${stage}`.
 */

const table = 'arn:${partition}:dynamodb:${region}:${account}:table/fairway-${installation}'
const control = 'arn:${partition}:secretsmanager:${region}:${account}:secret:fairway-control/${installation}'

const logs: Grant = {
  sid: 'WriteLogs',
  actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  resources: ['arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/fairway-${installation}-${stage}:*'],
}

/** A conditional write whose answer was lost is read again, so who writes also reads. */
const changeRecords: Grant = {
  sid: 'ChangeRecords',
  actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
  resources: [table],
}
const createRecords: Grant = { sid: 'CreateRecords', actions: ['dynamodb:PutItem'], resources: [table] }
const forgetDeliveries: Grant = { sid: 'ForgetDeliveries', actions: ['dynamodb:DeleteItem'], resources: [table] }
const readRecords: Grant = { sid: 'ReadRecords', actions: ['dynamodb:BatchGetItem'], resources: [table] }
const findRecords: Grant = { sid: 'FindRecords', actions: ['dynamodb:Query'], resources: [`${table}/index/kind`] }
const findDue: Grant = { sid: 'FindDue', actions: ['dynamodb:Query'], resources: [`${table}/index/attention`] }

const publish: Grant = {
  sid: 'PublishEvents',
  actions: ['events:PutEvents'],
  resources: ['arn:${partition}:events:${region}:${account}:event-bus/fairway-${installation}'],
}

/** `names` as in controlSecretName of domain/names.ts; `-??????` is the random ending of a secret's ARN. */
function readControl(...names: readonly string[]): readonly Grant[] {
  return [
    {
      sid: 'ReadControlSecrets',
      actions: ['secretsmanager:GetSecretValue'],
      resources: names.map((name) => `${control}/${name}`),
    },
    {
      sid: 'DecryptControlSecrets',
      actions: ['kms:Decrypt'],
      resources: ['${credentialsKey}'],
      conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.${region}.amazonaws.com' } },
    },
  ]
}

/** Under the lease: the record, and the System and Clusters that it concerns. */
const working = [changeRecords, readRecords, findRecords]
const git = 'git-??????'
const port = 'port-??????'

const own: Readonly<Record<Stage, readonly Grant[]>> = {
  lease: working,
  source: [...working, createRecords, publish, ...readControl(git, port)],
  ecr: working,
  iam: working,
  // The record of an account, besides the workload's.
  nats: [...working, createRecords],
  secrets: working,
  tenancy: working,
  commit: [...working, ...readControl(git)],
  report: [...working, publish, ...readControl(port)],
  sweep: [readRecords, findRecords, findDue, publish],
  operate: [...working, createRecords, publish],
  intake: [...working, createRecords, forgetDeliveries, publish, ...readControl('webhooks/*')],
}

const capabilities: Readonly<Partial<Record<Stage, readonly Grant[]>>> = {
  ecr,
  iam,
  nats: [...nats, ...controlGrants],
  secrets,
  tenancy,
}

export function grantsOf(stage: Stage): readonly Grant[] {
  return [logs, ...own[stage], ...(capabilities[stage] ?? [])]
}
