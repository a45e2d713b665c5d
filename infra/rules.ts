import type { FairwayEvent } from '../domain/events.ts'
import { eventSource } from '../domain/events.ts'
import { changedRepositories, changes, changeType } from './member/events.ts'

/** The bus's rules as data: `infra/` makes EventBridge rules of them, the local control plane interprets them. */

/** `stepfunctions/<name>.asl.json` each. */
export const machineNames = [
  'reconcile-source',
  'reconcile-system',
  'reconcile-workload',
  'retire-workload',
  'rotate-credential',
  'check-pull-request',
  'reconcile-fleet',
] as const
export type MachineName = (typeof machineNames)[number]

export interface Rule {
  readonly name: string
  readonly description: string
  /** EventBridge event pattern: source, detail-type, and exact values in detail. */
  readonly pattern: {
    readonly source: readonly string[]
    readonly 'detail-type': readonly string[]
    readonly detail?: Readonly<Record<string, readonly string[]>>
  }
  readonly machine: MachineName
  /** Execution input: member to `detail` member, or to a constant. */
  readonly input: Readonly<Record<string, { readonly from: string } | { readonly value: string | null }>>
}

const reason = { from: 'reason' }

export const rules: readonly Rule[] = [
  {
    name: 'source-changed',
    description: 'A push, a form, a schedule or an operation: read the source at its head.',
    pattern: own('SourceChanged'),
    machine: 'reconcile-source',
    input: { source: { from: 'source' }, reason },
  },
  {
    name: 'pull-request-changed',
    description: 'A pull request’s head changed: check it, and change nothing.',
    pattern: own('PullRequestChanged'),
    machine: 'check-pull-request',
    input: { source: { from: 'source' }, number: { from: 'number' } },
  },
  {
    name: 'system-changed',
    description: 'A System or one of its Clusters changed.',
    pattern: own('SystemChanged'),
    machine: 'reconcile-system',
    input: { system: { from: 'system' }, reason },
  },
  {
    name: 'workload-changed',
    description: 'A workload was admitted, drifted, or is due.',
    pattern: own('WorkloadChanged'),
    machine: 'reconcile-workload',
    input: { workload: { from: 'workload' }, reason },
  },
  {
    name: 'rotation-requested',
    description: 'Credentials of a workload want a step: asked for, near their end, or replaced.',
    pattern: own('RotationRequested'),
    machine: 'rotate-credential',
    input: { workload: { from: 'workload' }, reason },
  },
  {
    name: 'workload-removed',
    description: 'A workload was removed at its source or retired.',
    pattern: own('WorkloadRemoved'),
    machine: 'retire-workload',
    input: { workload: { from: 'workload' }, reason },
  },
  {
    name: 'removal-confirmed',
    description: 'Argo CD says that a retired workload’s objects are gone.',
    pattern: own('RemovalConfirmed'),
    machine: 'retire-workload',
    input: { workload: { from: 'workload' }, reason: { value: 'removal confirmed' } },
  },
  {
    name: 'shard-due',
    description: 'A part of the fleet is to be looked at.',
    pattern: own('ShardDue'),
    machine: 'reconcile-fleet',
    input: {
      shard: { from: 'shard' },
      kind: { from: 'kind' },
      account: { from: 'account' },
      region: { from: 'region' },
      url: { from: 'url' },
      branch: { from: 'branch' },
    },
  },
  {
    // ECR repository names are workload ids (domain/names.ts), so the event needs no translation.
    name: 'image-pushed',
    description: 'An image was pushed to a workload’s repository.',
    pattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Action'],
      detail: { 'action-type': ['PUSH'], result: ['SUCCESS'] },
    },
    machine: 'reconcile-workload',
    input: { workload: { from: 'repository-name' }, reason: { value: 'image pushed' } },
  },
]

/** An event that does not say which workload it is about as an input path could: a function reads it, and says *look*. */
export interface CallRule {
  readonly name: string
  readonly description: string
  readonly pattern: Rule['pattern']
  /** As the ASL files name functions. */
  readonly function: 'SweepFunction'
  readonly operation: 'resource-changed'
}

/** What rules in all accounts forward (member/forwarding.ts). */
export const callRules: readonly CallRule[] = [...changes, changedRepositories].map(
  ({ name, description, source, calls }) => ({
    name: `look-at-${name}`,
    description,
    pattern: { source: [source], 'detail-type': [changeType], detail: { eventName: calls } },
    function: 'SweepFunction',
    operation: 'resource-changed',
  }),
)

/**
 * Members of the function's input, and where the event has them. All are in every such event, and what is in the call
 * is the function's to take apart: a path that leads nowhere would leave no valid JSON.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export const callInput = { source: 'source', account: 'account', region: 'region', call: 'detail' } as const

function own(type: FairwayEvent['type']): Rule['pattern'] {
  return { source: [eventSource], 'detail-type': [type] }
}

/** An event as EventBridge carries it. */
export interface BusEvent {
  readonly source: string
  readonly 'detail-type': string
  /** Where it comes from; absent here in what Fairway says itself. */
  readonly account?: string
  readonly region?: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Whether EventBridge would hand this event to the rule's target. */
export function matches(rule: Pick<Rule, 'pattern'>, event: BusEvent): boolean {
  const { source, detail = {}, 'detail-type': types } = rule.pattern
  return (
    source.includes(event.source) &&
    types.includes(event['detail-type']) &&
    Object.entries(detail).every(([key, values]) => values.includes(String(event.detail[key])))
  )
}

/** What the function is called with. */
export function callFor(rule: CallRule, event: BusEvent): Readonly<Record<string, unknown>> {
  const members = Object.entries(callInput).map(([name, from]) => [name, event[from]] as const)
  return { operation: rule.operation, ...Object.fromEntries(members) }
}

export type ExecutionInput = Readonly<Record<string, string | number | null>>

/** The execution's input; a member that the event lacks is null, so that every path exists. */
export function inputFor(rule: Rule, event: BusEvent): ExecutionInput {
  return Object.fromEntries(
    Object.entries(rule.input).map(([key, value]) => {
      if ('value' in value) return [key, value.value]
      return [key, (event.detail[value.from] as string | number | null | undefined) ?? null]
    }),
  )
}
