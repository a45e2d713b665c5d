import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reachesFairway } from '../../capabilities/iam/fairwayresources.ts'
import { fairwayResources } from '../../infra/boundary.ts'
import { namesOf } from '../../infra/names.ts'
import {
  account,
  installation,
  region,
  statementsOf,
  synthesise,
  synthesiseMember,
  textOf,
  type Resource,
  type Statement,
  type Synthesised,
} from './template.ts'

const names = namesOf(installation)
const stack = synthesise()

describe('what is Fairway’s own', () => {
  const named: Readonly<Record<string, (resource: Resource) => string>> = {
    'AWS::DynamoDB::GlobalTable': arn('dynamodb', 'table/', 'TableName'),
    'AWS::KMS::Alias': arn('kms', '', 'AliasName'),
    'AWS::Lambda::Function': arn('lambda', 'function:', 'FunctionName'),
    'AWS::StepFunctions::StateMachine': arn('states', 'stateMachine:', 'StateMachineName'),
    'AWS::Events::EventBus': arn('events', 'event-bus/', 'Name'),
    'AWS::Events::Rule': arn('events', 'rule/', 'Name'),
    'AWS::Scheduler::Schedule': arn('scheduler', 'schedule/fairway-acme/', 'Name'),
    'AWS::SQS::Queue': arn('sqs', '', 'QueueName'),
    'AWS::Logs::LogGroup': arn('logs', 'log-group:', 'LogGroupName'),
    'AWS::SecretsManager::Secret': arn('secretsmanager', 'secret:', 'Name'),
    'AWS::IAM::ManagedPolicy': ({ Properties }) =>
      `arn:aws:iam::${account}:policy${String(Properties['Path'])}${String(Properties['ManagedPolicyName'])}`,
  }

  it.each(Object.entries(named))('%s is called so that no workload may be granted it', (type, arnOf) => {
    const resources = stack.ofType(type)
    expect(resources.length).toBeGreaterThan(0)
    expect(resources.filter((resource) => reachesFairway(arnOf(resource)) === undefined)).toEqual([])
  })

  it('is denied by the boundary exactly as manifests are refused it', () => {
    const denied = fairwayResources.map((pattern) => `arn:*:${pattern}`)
    expect(refusedPatterns().toSorted()).toEqual(denied.toSorted())
    for (const pattern of denied) expect(reachesFairway(pattern), pattern).toBeDefined()
  })
})

describe('the boundaries', () => {
  it('are those without which the functions that make roles may make none', () => {
    const made = stack
      .ofType('AWS::IAM::ManagedPolicy')
      .map((policy) => textOf(policy, 'Path', '/') + textOf(policy, 'ManagedPolicyName', ''))
    const demanded = (['iam', 'tenancy'] as const).flatMap((stage) =>
      statementsOf(stack, stack.named('AWS::IAM::Role', names.stage(stage))).flatMap(({ Condition }) => {
        const { StringEquals } = (Condition ?? {}) as { readonly StringEquals?: Readonly<Record<string, string>> }
        return StringEquals?.['iam:PermissionsBoundary'] ?? []
      }),
    )
    const own = `/fairway/${names.boundary}-function`
    const forRoles = made.filter((path) => path !== own)
    expect(made).toContain(own)
    expect(new Set(demanded)).toEqual(new Set(forRoles.map((path) => `arn:aws:iam::${account}:policy${path}`)))
  })

  it('stay with the roles that have them when the stack goes, but for trying out', () => {
    const left = (from: Synthesised) =>
      from
        .ofType('AWS::IAM::ManagedPolicy')
        .flatMap((policy) => (policy.DeletionPolicy === 'Retain' ? [textOf(policy, 'ManagedPolicyName', '')] : []))
    for (const each of [stack, synthesiseMember()]) {
      expect(left(each).toSorted()).toEqual([names.boundary, `${names.boundary}-reader`])
    }
    for (const each of [synthesise({ disposable: true }), synthesiseMember({ disposable: true })]) {
      expect(left(each)).toEqual([])
    }
  })

  it('name what is IAM’s with its type: a policy with another pattern is refused', () => {
    const ofIam = fairwayResources.filter((pattern) => pattern.startsWith('iam:'))
    expect(ofIam.length).toBeGreaterThan(0)
    for (const pattern of ofIam) expect(pattern).toMatch(/^iam::\*:(?:role|policy)\//)
  })

  it('let no role change identities, or touch what is Fairway’s', () => {
    const policy = stack.ofType('AWS::IAM::ManagedPolicy')[0] as Resource
    const { Statement } = policy.Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] }
    const denied = new Map(Statement.filter(({ Effect }) => Effect === 'Deny').map((each) => [each.Sid, each]))
    expect(denied.get('NoIdentities')).toMatchObject({
      Action: expect.arrayContaining(['iam:*', 'sts:*', 'organizations:*', 'account:*']),
      Resource: '*',
    })
    const all = [
      ...fairwayResources.map((pattern) => `arn:aws:${pattern}`),
      `${stack.ofType('AWS::KMS::Key')[0]?.id}.Arn`,
    ]
    expect(denied.get('NothingOfFairway')).toMatchObject({ Action: '*', Resource: expect.arrayContaining(all) })
  })
})

/** As the `iam` capability has them, from its text: it exports only what they are for. */
function refusedPatterns(): readonly string[] {
  const text = readFileSync(new URL('../../capabilities/iam/fairwayresources.ts', import.meta.url), 'utf8')
  const whole = [...text.matchAll(/pattern: '(arn:[^']+)'/g)].map((match) => match[1] ?? '')
  const rows = [...text.matchAll(/\['[^']+', '([^']+)', '([^']+)'\]/g)]
  return [...whole, ...rows.map(([, service, resource]) => `arn:*:${service}:*:*:${resource}`)]
}

function arn(service: string, prefix: string, property: string): (resource: Resource) => string {
  return ({ Properties }) => `arn:aws:${service}:${region}:${account}:${prefix}${String(Properties[property])}`
}
