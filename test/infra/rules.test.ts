import { describe, expect, it } from 'vitest'
import { eventSource, type FairwayEvent } from '../../domain/events.ts'
import { referenceTo } from '../../flow/fleet/shards.ts'
import { namesOf } from '../../infra/names.ts'
import { callRules, inputFor, matches, rules, type BusEvent } from '../../infra/rules.ts'
import { account, installation, region, synthesise, type Resource } from './template.ts'

const names = namesOf(installation)
const stack = synthesise()

interface Target {
  readonly Arn: string
  readonly DeadLetterConfig?: { readonly Arn: string }
  readonly InputPath?: string
  readonly InputTransformer?: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: string }
}

const own: readonly FairwayEvent[] = [
  { type: 'SourceChanged', detail: { source: 'quotes', reason: 'push', delivery: 'd-1' } },
  { type: 'SourceChanged', detail: { source: 'quotes', reason: 'go by "ada" \\ <x>' } },
  { type: 'PullRequestChanged', detail: { source: 'quotes', number: 7, head: 'f'.repeat(40), delivery: 'd-2' } },
  { type: 'SystemChanged', detail: { system: 'claims', reason: 'declared' } },
  { type: 'WorkloadChanged', detail: { workload: 'claims/one', reason: 'sweep' } },
  { type: 'RotationRequested', detail: { workload: 'claims/one', reason: 'sweep' } },
  { type: 'WorkloadRemoved', detail: { workload: 'claims/one', reason: 'removed' } },
  { type: 'RemovalConfirmed', detail: { workload: 'claims/one', cluster: 'dev' } },
  { type: 'ShardDue', detail: referenceTo({ kind: 'place', account: '111122223333', region: 'eu-west-1' }) },
  { type: 'ShardDue', detail: referenceTo({ kind: 'repository', url: 'https://git.example/a.git', branch: 'main' }) },
]
const events: readonly BusEvent[] = [
  ...own.map(({ type, detail }) => ({ source: eventSource, 'detail-type': type, detail: { ...detail } })),
  {
    source: 'aws.ecr',
    'detail-type': 'ECR Image Action',
    detail: { 'action-type': 'PUSH', result: 'SUCCESS', 'repository-name': 'claims/one', 'image-tag': 'main-1' },
  },
]

const samples = events.flatMap((event) =>
  rules.filter((rule) => matches(rule, event)).map((rule) => [rule.name, event, rule] as const),
)

describe('a rule', () => {
  it.each(samples)('%s gives a state machine the input that it gets locally', (name, event, rule) => {
    const [target] = targetsOf(stack.named('AWS::Events::Rule', names.with(name)))
    const machine = `arn:aws:states:${region}:${account}:stateMachine:${names.machine(rule.machine)}`
    expect(target?.Arn).toBe(machine)
    expect(inputOf(target as Target, event)).toMatchObject(inputFor(rule, event))
  })

  it('each is tried with an event above', () => {
    expect(new Set(samples.map(([name]) => name))).toEqual(new Set(rules.map(({ name }) => name)))
  })

  it('each has one target, on the bus of Fairway, with the pattern of the data', () => {
    for (const rule of rules) {
      const { Properties } = stack.named('AWS::Events::Rule', names.with(rule.name))
      expect(Properties).toMatchObject({ EventBusName: names.base, EventPattern: rule.pattern, State: 'ENABLED' })
      expect(Properties['Targets']).toHaveLength(1)
    }
  })

  it('each has a queue for what it could not deliver, and so has each schedule', () => {
    const queue = `${stack.ofType('AWS::SQS::Queue')[0]?.id}.Arn`
    const all = stack.ofType('AWS::Events::Rule').flatMap(targetsOf)
    expect(all.length).toBeGreaterThanOrEqual(rules.length)
    const schedules = stack.ofType('AWS::Scheduler::Schedule').map(({ Properties }) => Properties['Target'] as Target)
    expect(schedules).toHaveLength(4)
    for (const { DeadLetterConfig } of [...all, ...schedules]) expect(DeadLetterConfig?.Arn).toBe(queue)
  })

  it('of an AWS service has the same pattern on the default bus, which hands over to that of Fairway', () => {
    for (const { name, pattern } of rules.filter(({ pattern }) =>
      pattern.source.some((each) => each !== eventSource),
    )) {
      const forward = stack.named('AWS::Events::Rule', names.with(`forward-${name}`))
      expect(forward.Properties['EventBusName']).toBeUndefined()
      expect(forward.Properties['EventPattern']).toEqual(pattern)
      const bus = stack.named('AWS::Events::EventBus', names.base)
      expect(targetsOf(forward).map(({ Arn, InputPath }) => [Arn, InputPath])).toEqual([[`${bus.id}.Arn`, undefined]])
    }
  })
})

describe('the archive', () => {
  it('keeps everything that a rule looks for', () => {
    const [archive] = stack.ofType('AWS::Events::Archive')
    const pattern = archive?.Properties['EventPattern'] as { source: string[] }
    for (const rule of [...rules, ...callRules])
      for (const source of rule.pattern.source) expect(pattern.source).toContain(source)
  })
})

function targetsOf({ Properties }: Resource): readonly Target[] {
  return Properties['Targets'] as readonly Target[]
}

/**
 * What EventBridge hands over, for the part of it that is said and used here: a path as it is, and a template whose
 * variables are texts that are always there.
 */
function inputOf({ InputPath, InputTransformer }: Target, event: BusEvent): unknown {
  if (InputPath !== undefined) {
    expect(InputPath).toBe('$.detail')
    return event.detail
  }
  const { InputPathsMap = {}, InputTemplate = '' } = InputTransformer ?? {}
  const text = InputTemplate.replaceAll(/<([\w-]+)>/g, (_, variable: string) => {
    const value = event.detail[InputPathsMap[variable]?.replace('$.detail.', '') ?? '']
    expect(value, `${variable}: neither null nor absent may be in a template`).toBeTypeOf('string')
    return JSON.stringify(value)
  })
  return JSON.parse(text) as unknown
}
