import { bulkGrants as ecrBulk, grants as ecr } from '../capabilities/ecr/grants.ts'
import { bulkGrants as iamBulk, grants as iam } from '../capabilities/iam/grants.ts'
import { bulkControlGrants, controlGrants, grants as nats } from '../capabilities/nats/grants.ts'
import { bulkGrants as secretsBulk, grants as secrets } from '../capabilities/secrets/grants.ts'
import { grants as tenancy } from '../capabilities/tenancy/grants.ts'
import type { Grant } from '../domain/grants.ts'
import { grants as doctor } from '../lambdas/doctor/grants.ts'
import { grants as restore } from '../lambdas/restore/grants.ts'
import { renderingGrants, writingGrants } from './handovergrants.ts'
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
const forgetChanges: Grant = { sid: 'ForgetChanges', actions: ['dynamodb:DeleteItem'], resources: [table] }
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
const github = 'github-??????'
const port = 'port-??????'

/** Asks each capability's function who it is in an account: with credentials that nobody else has. */
const askCapabilities: Grant = {
  sid: 'AskCapabilities',
  actions: ['lambda:InvokeFunction'],
  resources: ['ecr', 'iam', 'nats', 'secrets', 'tenancy'].map(
    (name) => 'arn:${partition}:lambda:${region}:${account}:function:fairway-${installation}-' + name,
  ),
}
const findControlSecrets: Grant = {
  sid: 'FindControlSecrets',
  actions: ['secretsmanager:DescribeSecret'],
  resources: [`${control}/webhooks/*`, ...[git, github, port].map((name) => `${control}/${name}`)],
}

const own: Readonly<Record<Stage, readonly Grant[]>> = {
  lease: working,
  source: [...working, createRecords, publish, ...readControl(git, github, port)],
  check: [...working, ...readControl(git, github)],
  ecr: working,
  iam: working,
  // The record of an account, besides the workload's.
  nats: [...working, createRecords],
  secrets: working,
  tenancy: working,
  commit: [...working, ...readControl(git, github), ...renderingGrants],
  write: [...working, forgetChanges, ...readControl(git, github), ...writingGrants],
  report: [...working, publish, ...readControl(port)],
  // The records of shards, and `drift` on those of resources.
  fleet: working,
  branches: [...working, ...readControl(git, github)],
  // Leases of Clusters, and marks on what becomes due or is at work.
  sweep: [...working, findDue, publish],
  operate: [...working, createRecords, publish],
  doctor: [
    readRecords,
    findRecords,
    findControlSecrets,
    ...readControl('webhooks/*', git, github, port),
    askCapabilities,
  ],
  restore: [...working, createRecords, publish],
  intake: [...working, createRecords, forgetDeliveries, publish, ...readControl('webhooks/*', port)],
}

/** Of capabilities, where the control plane is: the registry, and the keys of NATS. */
const central: Readonly<Partial<Record<Stage, readonly Grant[]>>> = {
  ecr,
  nats: controlGrants,
  fleet: [...ecrBulk, ...bulkControlGrants],
  restore,
}

/**
 * Of capabilities, where placements are: in the function's own account, in each region that has clusters; and in a
 * member account through a role of the same name there, which has exactly these (infra/member/roles.ts).
 */
export const placementGrants: Readonly<Partial<Record<Stage, readonly Grant[]>>> = {
  iam,
  nats,
  secrets,
  tenancy,
  doctor,
  fleet: [...iamBulk, ...secretsBulk],
}
export const placementStages = Object.keys(placementGrants) as readonly Stage[]

/** The way into member accounts. `${member}` is the id of each. */
const enterMembers: Grant = {
  sid: 'EnterMembers',
  actions: ['sts:AssumeRole'],
  resources: ['arn:${partition}:iam::${member}:role/fairway-control/fairway-${installation}-${stage}'],
}

/** In the control plane's account and region. */
export function centralGrants(stage: Stage): readonly Grant[] {
  return [logs, ...own[stage], ...(central[stage] ?? [])]
}

/** For functions that have a role in each member account. */
export function memberGrants(stage: Stage): readonly Grant[] {
  return placementGrants[stage] ? [enterMembers] : []
}

/** In the account of the control plane, all together. */
export function grantsOf(stage: Stage): readonly Grant[] {
  return [...centralGrants(stage), ...(placementGrants[stage] ?? [])]
}
