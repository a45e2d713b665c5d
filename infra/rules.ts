import type { FairwayEvent } from '../domain/events.ts'
import { eventSource } from '../domain/events.ts'
import { changedSecrets, changeType } from './member/events.ts'

/** The bus's rules as data: `infra/` makes EventBridge rules of them, the local control plane interprets them. */

/** `stepfunctions/<name>.asl.json` each. */
export const machineNames = [
  'reconcile-source',
  'reconcile-system',
  'reconcile-workload',
  'retire-workload',
  'rotate-credential',
  'check-pull-request',
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
  readonly operation: 'secret-changed'
  /** Member of the call to member of the event's `requestParameters`. */
  readonly input: Readonly<Record<string, string>>
}

export const callRules: readonly CallRule[] = [
  {
    name: 'secret-changed',
    description: 'Somebody else wrote an entry, as its owner does to fill it.',
    pattern: {
      source: [changedSecrets.source],
      'detail-type': [changeType],
      detail: { eventName: changedSecrets.calls },
    },
    function: 'SweepFunction',
    operation: 'secret-changed',
    input: { secretId: 'secretId' },
  },
]

function own(type: FairwayEvent['type']): Rule['pattern'] {
  return { source: [eventSource], 'detail-type': [type] }
}

/** An event as EventBridge carries it. */
export interface BusEvent {
  readonly source: string
  readonly 'detail-type': string
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
export function callFor(rule: CallRule, event: BusEvent): Readonly<Record<string, string>> {
  const parameters = event.detail['requestParameters'] as Readonly<Record<string, string>> | undefined
  const members = Object.entries(rule.input).map(([key, from]) => [key, parameters?.[from] ?? ''] as const)
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
