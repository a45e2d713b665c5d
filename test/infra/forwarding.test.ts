import { describe, expect, it } from 'vitest'
import { eventSource } from '../../domain/events.ts'
import { roleName, secretName } from '../../domain/names.ts'
import { changedRepositories, changes } from '../../infra/member/events.ts'
import { namesOf } from '../../infra/names.ts'
import { callFor, callRules, rules } from '../../infra/rules.ts'
import {
  account,
  controlPlaneAccount,
  installation,
  region,
  statementsOf,
  synthesise,
  synthesiseMember,
  synthesiseRegion,
  type Resource,
  type Statement,
  type Synthesised,
} from './template.ts'

const names = namesOf(installation)
const member = synthesiseMember({ controlPlaneRegion: 'eu-north-1' })
const bus = `arn:aws:events:eu-north-1:${controlPlaneAccount}:event-bus/${names.base}`
const forwarding = changes.map(({ name }) => member.named('AWS::Events::Rule', names.with(name)))

const role = roleName(installation, 'dev', 'claims', 'one')
const secret = secretName(installation, 'dev', 'claims', 'one', 'stripe')
const person = { sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${account}:role/Admin` } } }
const written = call('secretsmanager', 'PutSecretValue', { secretId: secret })
const attached = call('iam', 'AttachRolePolicy', { roleName: role, policyArn: 'x' })

const samples: readonly (readonly [string, ReturnType<typeof call>])[] = [
  ['changed-secrets', written],
  ['changed-roles', attached],
  ['changed-associations', call('eks', 'DeletePodIdentityAssociation', { name: 'dev-1', associationId: 'a-1' })],
  ['changed-repositories', call('ecr', 'DeleteLifecyclePolicy', { repositoryName: 'claims/one' })],
]

describe('what others change in an account', () => {
  it.each([
    ['an entry, by its name', written],
    ['an entry, by its ARN', call('secretsmanager', 'DeleteSecret', { secretId: arnOf(secret) })],
    ['a role', attached],
    ['an association', call('eks', 'CreatePodIdentityAssociation', { name: 'dev-1' })],
    ['an entry, by a user, whose session has no issuer', { ...written, userIdentity: { type: 'IAMUser' } }],
  ])('is told to the control plane: %s', (_, event) => {
    expect(matching(event)).toHaveLength(1)
  })

  it.each([
    ['a secret of somebody else', call('secretsmanager', 'PutSecretValue', { secretId: 'payroll/api' })],
    [
      'a secret of the control plane',
      call('secretsmanager', 'PutSecretValue', { secretId: 'fairway-control/acme/git' }),
    ],
    ['an entry of another installation', call('secretsmanager', 'PutSecretValue', { secretId: 'fairway/other/x' })],
    ['a repository, which a member has none of', call('ecr', 'DeleteRepository', { repositoryName: 'claims/one' })],
    ['a role of somebody else', call('iam', 'AttachRolePolicy', { roleName: 'Admin' })],
    ['a read', call('secretsmanager', 'DescribeSecret', { secretId: secret })],
    ['a call that was refused', { ...written, errorCode: 'AccessDenied' }],
    ['a cluster', call('eks', 'UpdateClusterConfig', { name: 'dev-1' })],
  ])('is not told when it is %s', (_, event) => {
    expect(matching(event)).toEqual([])
  })

  it.each(['iam', 'nats', 'secrets', 'tenancy'] as const)('is not told when Fairway did it itself: %s', (stage) => {
    const arn = `arn:aws:iam::${account}:role/fairway-control/${names.stage(stage)}`
    const userIdentity = { sessionContext: { sessionIssuer: { arn } } }
    for (const event of [written, attached]) expect(matching({ ...event, userIdentity })).toEqual([])
  })

  it('is put on the control plane’s bus in the name of a role that may do nothing else', () => {
    const forwarder = forwarderOf(member)
    expect(statementsOf(member, forwarder)).toEqual([
      { Sid: 'PutEvents', Effect: 'Allow', Action: 'events:PutEvents', Resource: bus },
    ])
    for (const rule of forwarding) {
      const [target, ...more] = rule.Properties['Targets'] as readonly Record<string, unknown>[]
      expect(more).toEqual([])
      expect(target).toMatchObject({ Arn: bus, RoleArn: `${forwarder.id}.Arn` })
    }
    const { Statement: trust } = forwarder.Properties['AssumeRolePolicyDocument'] as { readonly Statement: unknown }
    expect(trust).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
    ])
  })

  it('waits in a queue when it cannot be delivered, and an alarm says so', () => {
    for (const stack of [member, synthesiseRegion()]) {
      const [queue, ...more] = stack.ofType('AWS::SQS::Queue')
      expect(more).toEqual([])
      for (const rule of stack.ofType('AWS::Events::Rule')) {
        const [target] = rule.Properties['Targets'] as readonly Record<string, unknown>[]
        expect(target).toMatchObject({ DeadLetterConfig: { Arn: `${queue?.id}.Arn` } })
      }
      expect(stack.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties)).toEqual([
        expect.objectContaining({
          MetricName: 'ApproximateNumberOfMessagesVisible',
          Dimensions: [{ Name: 'QueueName', Value: `${queue?.id}.QueueName` }],
          Threshold: 1,
        }),
      ])
    }
  })

  it('is told from each further region too, in the name of a role without a name that the first has taken', () => {
    const further = synthesiseRegion({ key: false })
    expect(further.ofType('AWS::Events::Rule')).toHaveLength(changes.length)
    expect(further.ofType('AWS::IAM::Role')).toEqual([forwarderOf(further)])
    expect(forwarderOf(further).Properties).not.toHaveProperty('RoleName')
  })
})

describe('the control plane’s bus', () => {
  const members = ['333333333333', '444444444444']
  const stack = synthesise({ members })

  it('takes from exactly the members, and from them what is forwarded and nothing that Fairway itself says', () => {
    const [policy, ...more] = stack.ofType('AWS::Events::EventBusPolicy').map(({ Properties }) => Properties)
    expect(more).toEqual([])
    const { Principal, Condition, ...rest } = { ...policy }['Statement'] as Statement & {
      readonly Principal: { readonly AWS: readonly string[] }
    }
    expect(rest).toMatchObject({ Effect: 'Allow', Action: 'events:PutEvents' })
    expect(Principal.AWS).toEqual(members.map((id) => `arn:aws:iam::${id}:root`))
    const patterns = forwarding.map(({ Properties }) => Properties['EventPattern'] as Record<string, string[]>)
    const sources = patterns.flatMap(({ source = [] }) => source)
    expect(Condition).toEqual({
      'ForAllValues:StringEquals': {
        'events:source': sources,
        'events:detail-type': 'AWS API Call via CloudTrail',
      },
    })
    expect(new Set(patterns.flatMap((pattern) => pattern['detail-type'] ?? []))).toEqual(
      new Set(['AWS API Call via CloudTrail']),
    )
    expect(sources.filter((source) => source === eventSource || !source.startsWith('aws.'))).toEqual([])
  })

  it('takes from nobody when there are no members', () => {
    expect(synthesise().ofType('AWS::Events::EventBusPolicy')).toEqual([])
  })

  it('looks at what comes from members only for whose entry it is', () => {
    const onBus = stack
      .ofType('AWS::Events::Rule')
      .filter(({ Properties }) => Properties['EventBusName'] === names.base)
      .map(({ Properties }) => [Properties['Name'], Properties['EventPattern'] as object] as const)
    expect(onBus).toHaveLength(rules.length + callRules.length)
    const foreign = new Set(callRules.map(({ name }) => names.with(name)))
    for (const [name, pattern] of onBus) {
      const accounts = foreign.has(String(name)) ? [account, ...members] : [account]
      expect(pattern, String(name)).toMatchObject({ account: accounts })
    }
  })

  it.each([...changes, changedRepositories])(
    'hears of what is changed in its own account and region as of others: $name',
    ({ name }) => {
      const own = stack.named('AWS::Events::Rule', names.with(`forward-${name}`))
      expect(own.Properties['EventBusName']).toBeUndefined()
      expect(targetsOf(own)).toMatchObject([{ Arn: `${stack.named('AWS::Events::EventBus', names.base).id}.Arn` }])
      const event = samples.find(([change]) => change === name)?.[1] as ReturnType<typeof call>
      expect(matching(event, [own])).toEqual([own])
      expect(matching(refused(event), [own])).toEqual([])
      for (const stage of ['ecr', 'iam', 'nats', 'secrets', 'tenancy'] as const) {
        const arn = `arn:aws:iam::${account}:role/fairway-control/${names.stage(stage)}`
        expect(matching({ ...event, userIdentity: { sessionContext: { sessionIssuer: { arn } } } }, [own])).toEqual([])
      }
    },
  )

  it('does not hear of entries that are somebody else’s, and members are not asked about repositories', () => {
    const own = stack.named('AWS::Events::Rule', names.with('forward-changed-secrets'))
    expect(matching({ ...written, requestParameters: { secretId: 'payroll/api' } }, [own])).toEqual([])
    expect(changes.map(({ source }) => source)).not.toContain('aws.ecr')
  })

  it('each call that is forwarded is one that a rule looks at, and the other way round', () => {
    const looked = callRules.map(({ pattern }) => [pattern.source[0], pattern.detail?.['eventName']])
    expect(looked).toEqual([...changes, changedRepositories].map(({ source, calls }) => [source, calls]))
  })

  it.each(samples)('has the function look that knows whose it is: %s', (name, event) => {
    const rule = callRules.find((each) => each.name === `look-at-${name}`)!
    const found = stack.named('AWS::Events::Rule', names.with(rule.name))
    expect(matching(event, [found])).toEqual([found])
    const [target] = targetsOf(found) as readonly {
      readonly Arn: string
      readonly InputTransformer: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: string }
    }[]
    expect(target?.Arn).toBe(`arn:aws:lambda:${region}:${account}:function:${names.stage('sweep')}`)
    const whole = {
      source: `aws.${event.service}`,
      'detail-type': 'AWS API Call via CloudTrail',
      account,
      region,
      detail: { eventName: event.eventName, requestParameters: event.requestParameters },
    }
    const { InputPathsMap = {}, InputTemplate = '' } = target?.InputTransformer ?? {}
    // EventBridge puts in what a path leads to as JSON: texts with their quotes, and whole objects.
    const filled = InputTemplate.replaceAll(/<([\w-]+)>/g, (_, variable: string) =>
      JSON.stringify(whole[InputPathsMap[variable]?.replace('$.', '') as keyof typeof whole]),
    )
    expect(JSON.parse(filled)).toEqual(callFor(rule, whole))
    expect(callFor(rule, whole)).toEqual({
      operation: 'resource-changed',
      source: `aws.${event.service}`,
      account,
      region,
      call: whole.detail,
    })
    const allowed = stack
      .ofType('AWS::Lambda::Permission')
      .filter(({ Properties }) => Properties['Principal'] === 'events.amazonaws.com')
    expect(allowed.map(({ Properties }) => Properties['SourceArn'])).toContain(`${found.id}.Arn`)
    expect(allowed).toHaveLength(callRules.length)
  })
})

function refused(event: ReturnType<typeof call>) {
  const errorCode = 'AccessDenied'
  return { ...event, errorCode }
}

function targetsOf({ Properties }: Resource): readonly unknown[] {
  return Properties['Targets'] as readonly unknown[]
}

function forwarderOf(stack: Synthesised): Resource {
  const [forwarder, ...more] = stack
    .ofType('AWS::IAM::Role')
    .filter(({ Properties }) => JSON.stringify(Properties['AssumeRolePolicyDocument']).includes('events.amazonaws.com'))
  expect(more).toEqual([])
  return forwarder as Resource
}

function call(service: string, eventName: string, requestParameters: object) {
  return { service, eventName, requestParameters, userIdentity: person as object }
}

function arnOf(name: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbC123`
}

/** Rules that EventBridge would find for a call. */
function matching({ service, ...detail }: ReturnType<typeof call>, among = forwarding): readonly Resource[] {
  const event = { account, source: `aws.${service}`, 'detail-type': 'AWS API Call via CloudTrail', detail }
  return among.filter(({ Properties }) => matches(Properties['EventPattern'] as Pattern, event))
}

type Pattern = { readonly [member: string]: Pattern | readonly unknown[] }

/** The operators that are used here. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html */
function matches(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([member, wanted]) => {
    if (member === '$or') return (wanted as readonly Pattern[]).some((each) => matches(each, event))
    const value = (event as Record<string, unknown> | undefined)?.[member]
    return Array.isArray(wanted) ? wanted.some((one) => accepts(one, value)) : matches(wanted as Pattern, value)
  })
}

function accepts(wanted: unknown, value: unknown): boolean {
  if (typeof wanted === 'string') return wanted === value
  const {
    prefix,
    exists,
    'anything-but': not,
  } = wanted as {
    readonly prefix?: string
    readonly exists?: boolean
    readonly 'anything-but'?: { readonly prefix: string }
  }
  if (exists !== undefined) return exists === (value !== undefined)
  // Both want a text: a member that is absent matches neither.
  if (typeof value !== 'string') return false
  return prefix === undefined ? not !== undefined && !value.startsWith(not.prefix) : value.startsWith(prefix)
}
