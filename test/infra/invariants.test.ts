import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import {
  credentialMetrics,
  fleetMetrics,
  lateRenewalPercent,
  metricDimensions,
  metricNamespace,
  reasonDimension,
  renewalMetrics,
  tooManyUnasked,
  unreadyMetrics,
  unreadyPhases,
} from '../../domain/metrics.ts'
import { machineNames } from '../../infra/rules.ts'
import { stageNames } from '../../infra/stages.ts'
import { everything, stackNames } from './stacks.ts'

/** What holds for everything that is deployed, whichever construct it comes from. */

interface Resource {
  readonly stack: string
  readonly id: string
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

const { stacks } = everything()
const resources = stackNames.flatMap((stack) => {
  const { Resources } = Template.fromStack(stacks[stack]).toJSON() as { Resources: Record<string, object> }
  return Object.entries(Resources).map(([id, each]) => ({ stack, id, Properties: {}, ...each }) as unknown as Resource)
})

function ofType(...types: readonly string[]): readonly Resource[] {
  const found = resources.filter(({ Type }) => types.includes(Type))
  expect(found.length, types.join()).toBeGreaterThan(0)
  return found
}

function where({ stack, id }: Resource): string {
  return `${stack} ${id}`
}

/** Whether something in `value` is a reference to this resource. */
function refersTo(value: unknown, id: string): boolean {
  return JSON.stringify(value).match(new RegExp(`"(Ref|Fn::GetAtt)":\\[?"${id}"`)) !== null
}

describe('every queue', () => {
  const queues = ofType('AWS::SQS::Queue')

  it('has an alarm on what is in it, or stays there', () => {
    const metrics = new Set(['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'])
    const alarms = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
      metrics.has(String(Properties['MetricName'])),
    )
    const watched = (queue: Resource) =>
      alarms.some(({ stack, Properties }) => stack === queue.stack && refersTo(Properties['Dimensions'], queue.id))
    expect(queues.filter((queue) => !watched(queue)).map(where)).toEqual([])
  })

  it('keeps what is in it for as long as SQS can, encrypted, and takes nothing in clear', () => {
    const policies = ofType('AWS::SQS::QueuePolicy')
    for (const queue of queues) {
      expect(queue.Properties, where(queue)).toMatchObject({
        MessageRetentionPeriod: 14 * 24 * 3600,
        SqsManagedSseEnabled: true,
      })
      const policy = policies.find(({ stack, Properties }) => stack === queue.stack && refersTo(Properties, queue.id))
      expect(JSON.stringify(policy?.Properties), where(queue)).toContain('"aws:SecureTransport":"false"')
    }
  })
})

describe('every rule and schedule', () => {
  it('has a queue for what it cannot deliver', () => {
    const targets = [
      ...ofType('AWS::Events::Rule').flatMap((rule) =>
        (rule.Properties['Targets'] as object[]).map((to) => ({ rule, to })),
      ),
      ...ofType('AWS::Scheduler::Schedule').map((rule) => ({ rule, to: rule.Properties['Target'] as object })),
    ]
    const queues = ofType('AWS::SQS::Queue').map(({ id }) => id)
    const lost = targets.filter(({ to }) => {
      const { DeadLetterConfig } = to as { DeadLetterConfig?: unknown }
      return !queues.some((queue) => refersTo(DeadLetterConfig ?? {}, queue))
    })
    expect(lost.map(({ rule }) => where(rule))).toEqual([])
  })
})

describe('every log group', () => {
  it('says when its logs end', () => {
    for (const group of ofType('AWS::Logs::LogGroup')) {
      expect(group.Properties['RetentionInDays'], where(group)).toBeGreaterThan(0)
    }
  })

  it('is made here for every function and machine, not by AWS without an end', () => {
    for (const { Properties } of ofType('AWS::Lambda::Function')) {
      expect(Properties['LoggingConfig']).toMatchObject({ LogGroup: { Ref: expect.any(String) } })
    }
  })
})

describe('every role', () => {
  interface Statement {
    readonly Sid?: string
    readonly Effect: string
    readonly Action: string | readonly string[]
    readonly Resource: unknown
  }
  const documents = [
    ...ofType('AWS::IAM::Role').flatMap((role) =>
      ((role.Properties['Policies'] ?? []) as { PolicyDocument: unknown }[]).map(({ PolicyDocument }) => ({
        at: where(role),
        PolicyDocument,
      })),
    ),
    ...ofType('AWS::IAM::Policy').map((policy) => ({
      at: where(policy),
      PolicyDocument: policy.Properties['PolicyDocument'],
    })),
  ]
  const statements = documents.flatMap(({ at, PolicyDocument }) =>
    (PolicyDocument as { Statement: readonly Statement[] }).Statement.map((statement) => ({ at, ...statement })),
  )

  /** https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
  const withoutResources =
    /^(iam:GetAccount(Summary|AuthorizationDetails)$|secretsmanager:ListSecrets$|tag:GetResources$|xray:(Put|Get)|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic(y|ies)|DescribeLogGroups)$)/

  it('has nothing for all resources but calls that know none', () => {
    const wide = statements.filter(({ Effect, Resource }) => Effect === 'Allow' && [Resource].flat().includes('*'))
    const actions = wide.flatMap(({ Action }) => Action)
    expect(actions.filter((action) => !withoutResources.test(action))).toEqual([])
    expect(actions.length).toBeGreaterThan(0)
  })

  it('names its actions one by one', () => {
    const patterns = statements.filter(({ Action }) => [Action].flat().some((action) => action.includes('*')))
    expect(patterns.map(({ at, Action }) => `${at}: ${String(Action)}`)).toEqual([])
  })

  it('carries no policy of AWS: none is as narrow as the grants', () => {
    for (const role of ofType('AWS::IAM::Role'))
      expect(role.Properties, where(role)).not.toHaveProperty('ManagedPolicyArns')
  })

  it('of a service that acts for many accounts is taken on for this account only', () => {
    // Lambda assumes a function's role without saying whose function it is.
    const roles = ofType('AWS::IAM::Role').filter(({ Properties }) => {
      const trust = JSON.stringify(Properties['AssumeRolePolicyDocument'])
      return trust.includes('.amazonaws.com') && !trust.includes('lambda.amazonaws.com')
    })
    expect(roles.length).toBeGreaterThan(machineNames.length)
    for (const role of roles) {
      expect(JSON.stringify(role.Properties['AssumeRolePolicyDocument']), where(role)).toContain('"aws:SourceAccount"')
    }
  })
})

describe('a key of credentials', () => {
  const keys = ofType('AWS::KMS::Key')

  it('is rotated, and stays when its stack goes', () => {
    for (const key of keys) {
      expect(key.Properties['EnableKeyRotation'], where(key)).toBe(true)
      expect((key as unknown as { DeletionPolicy: string }).DeletionPolicy).toBe('Retain')
    }
  })

  it('encrypts secrets and nothing else', () => {
    // Policies name it, functions tell people its ARN.
    const others = ['AWS::KMS::Alias', 'AWS::IAM::Role', 'AWS::IAM::ManagedPolicy', 'AWS::Lambda::Function']
    const known = new Set(['AWS::SecretsManager::Secret', ...others])
    for (const key of keys) {
      const users = resources.filter((each) => each.stack === key.stack && refersTo(each.Properties, key.id))
      const types = new Set(users.map(({ Type }) => Type))
      expect([...types].filter((type) => !known.has(type))).toEqual([])
      for (const { Properties } of users.filter(({ Type }) => Type === 'AWS::Lambda::Function')) {
        const { Environment: _, ...rest } = Properties
        expect(refersTo(rest, key.id)).toBe(false)
      }
    }
  })
})

describe('every alarm', () => {
  it('tells the topic when it begins and when it ends, and says what is wrong', () => {
    for (const alarm of ofType('AWS::CloudWatch::Alarm').filter(({ stack }) => stack === 'control-plane')) {
      expect(alarm.Properties, where(alarm)).toMatchObject({
        AlarmActions: [expect.anything()],
        OKActions: [expect.anything()],
        AlarmDescription: expect.stringMatching(/^Fairway: .{20}/),
      })
    }
  })
})

describe('the dashboard', () => {
  const [dashboard] = ofType('AWS::CloudWatch::Dashboard')
  const body = JSON.stringify(dashboard?.Properties['DashboardBody'])

  it('shows every machine, function, queue and alarm', () => {
    const own = resources.filter(({ stack }) => stack === 'control-plane')
    for (const type of [
      'AWS::StepFunctions::StateMachine',
      'AWS::Lambda::Function',
      'AWS::SQS::Queue',
      'AWS::CloudWatch::Alarm',
    ]) {
      const missing = own.filter(({ Type, id }) => Type === type && !refersTo(dashboard?.Properties, id))
      expect(missing.map(where), type).toEqual([])
    }
    expect(own.filter(({ Type }) => Type === 'AWS::Lambda::Function')).toHaveLength(stageNames.length)
  })

  it('shows what is not ready, and what is minted, under the names that stages write', () => {
    const written = [
      ...[unreadyMetrics.oldest, ...unreadyPhases.map(unreadyMetrics.inPhase)].map((name) => [name, 'sweep']),
      ...Object.values(renewalMetrics).map((name) => [name, 'sweep']),
      ...['nats', 'secrets'].map((stage) => [credentialMetrics.unasked, stage]),
    ]
    const shown = [
      ...body.matchAll(
        /\[\\+"Fairway\\+",\\+"([\w.]+)\\+",\\+"(\w+)\\+",\\+"([\w-]+)\\+",\\+"(\w+)\\+",\\+"([\w-]+)\\+"/g,
      ),
    ]
    const known = written.map(([name, stage]) =>
      [name, metricDimensions.installation, 'acme', metricDimensions.service, stage].join(),
    )
    const ours = shown.filter(([, name]) => /^(unready|renewal|credential)\./.test(name ?? ''))
    expect(new Set(ours.map(([, ...named]) => named.join()))).toEqual(new Set(known))
  })

  it('shows what looks at the fleet find, under the names that they write', () => {
    for (const name of ['found', 'oldest', 'compared', 'skipped', 'failed', 'braked', 'ended', 'seconds'] as const)
      expect(body, name).toContain(fleetMetrics[name])
  })

  it('finds what becomes of credentials by every reason that there is', () => {
    const dimensions = [...Object.values(metricDimensions), reasonDimension].join(',')
    for (const what of ['begun', 'promoted', 'ended'] as const) {
      const search = `SEARCH('{${metricNamespace},${dimensions}} MetricName="${credentialMetrics.of(what)}"`
      expect(body.replace(/\\+"/g, '"')).toContain(search)
    }
  })
})

describe('the alarm on the oldest unready resource', () => {
  it('reads the metric that the sweep writes, begins after an hour, and takes silence for a failure', () => {
    const [alarm, ...more] = ofType('AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties['MetricName'] === unreadyMetrics.oldest,
    )
    expect(more).toEqual([])
    expect(alarm?.Properties).toMatchObject({
      MetricName: unreadyMetrics.oldest,
      Dimensions: [
        { Name: metricDimensions.installation, Value: 'acme' },
        { Name: metricDimensions.service, Value: 'sweep' },
      ],
      Threshold: 3600,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'breaching',
    })
  })
})

describe('the alarm on renewals', () => {
  it('reads the metric that the sweep writes, begins when less than half of the time is left, and takes silence for nothing due', () => {
    const alarms = ofType('AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties['MetricName'] === renewalMetrics.timeLeft,
    )
    expect(alarms.map(({ Properties }) => Properties)).toMatchObject([
      {
        Namespace: metricNamespace,
        Dimensions: [
          { Name: metricDimensions.installation, Value: 'acme' },
          { Name: metricDimensions.service, Value: 'sweep' },
        ],
        Statistic: 'Minimum',
        Threshold: lateRenewalPercent,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'notBreaching',
      },
    ])
  })
})

describe('the alarm on minting', () => {
  it('adds up over an hour what nobody asked for, under the names that both stages write, and takes silence for none', () => {
    const [alarm, ...more] = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
      JSON.stringify(Properties).includes(credentialMetrics.unasked),
    )
    expect(more).toEqual([])
    expect(alarm?.Properties).toMatchObject({
      Threshold: tooManyUnasked,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    })
    const metrics = alarm?.Properties['Metrics'] as { MetricStat?: { Metric: { Dimensions: unknown } } }[]
    const read = metrics.flatMap(({ MetricStat }) => MetricStat ?? [])
    expect(read).toMatchObject(
      ['nats', 'secrets'].map((stage) => ({
        Metric: {
          Namespace: metricNamespace,
          MetricName: credentialMetrics.unasked,
          Dimensions: [
            { Name: metricDimensions.installation, Value: 'acme' },
            { Name: metricDimensions.service, Value: stage },
          ],
        },
        Period: 3600,
        Stat: 'Sum',
      })),
    )
  })
})

describe('the HTTP API', () => {
  const [stage] = ofType('AWS::ApiGatewayV2::Stage')
  const settings = stage?.Properties['RouteSettings'] as Record<string, { ThrottlingRateLimit: number }>
  const all = stage?.Properties['DefaultRouteSettings'] as { ThrottlingRateLimit: number }

  it('gives every route on which a stranger makes it look up a secret a bucket of its own, smaller than the others', () => {
    const routes = ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => String(Properties['RouteKey']))
    const lookUps = routes.filter((key) => key.includes('{'))
    expect(lookUps.length).toBeGreaterThan(0)
    for (const key of lookUps) {
      expect(settings[key], key).toMatchObject({ DetailedMetricsEnabled: true })
      expect(settings[key]?.ThrottlingRateLimit, key).toBeLessThan(all.ThrottlingRateLimit)
    }
  })

  it('has settings only for routes that are made before its stage', () => {
    const { DependsOn = [] } = stage as unknown as { DependsOn?: readonly string[] }
    const before = ofType('AWS::ApiGatewayV2::Route').filter(({ id }) => DependsOn.includes(id))
    const keys = new Set(before.map(({ Properties }) => String(Properties['RouteKey'])))
    expect(Object.keys(settings).filter((key) => !keys.has(key))).toEqual([])
  })
})
