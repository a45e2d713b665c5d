import { Aws, Duration } from 'aws-cdk-lib'
import {
  EventField,
  Rule as EventBridgeRule,
  RuleTargetInput,
  type EventPattern,
  type IEventBus,
} from 'aws-cdk-lib/aws-events'
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { callerRole } from './callerrole.ts'
import type { Names } from './names.ts'
import { callInput, callRules, rules, type CallRule, type MachineName, type Rule } from './rules.ts'
import { placeholderOf, stageNames, type Stage } from './stages.ts'

export interface EventRulesProps {
  readonly names: Names
  readonly bus: IEventBus
  readonly machines: Readonly<Record<MachineName, IStateMachine>>
  readonly functions: Readonly<Record<Stage, IFunction>>
  readonly undelivered: IQueue
  /** Ids of the accounts that forward what is changed there. */
  readonly members: readonly string[]
}

/** EventBridge's rules, from the data that the local control plane interprets. */
export class EventRules extends Construct {
  constructor(scope: Construct, id: string, props: EventRulesProps) {
    super(scope, id)
    const { names, bus, machines, functions, undelivered, members } = props
    const roles = new Map<MachineName, IRole>()
    const roleFor = (machine: MachineName) => {
      const role = roles.get(machine) ?? starter(this, machine, machines[machine])
      roles.set(machine, role)
      return role
    }
    // Later than this, the sweep has long looked.
    const delivery = { deadLetterQueue: undelivered, maxEventAge: Duration.hours(1), retryAttempts: 20 }
    const common = ({ name, description }: Pick<Rule, 'name' | 'description'>) => ({
      ruleName: names.with(name),
      description: `Fairway: ${description}`,
      eventBus: bus,
    })
    for (const rule of rules) {
      const machine = machines[rule.machine]
      new EventBridgeRule(this, rule.name, {
        ...common(rule),
        // Member accounts put events on this bus too, and none of them may say that a removal is confirmed.
        eventPattern: patternOf(rule, [Aws.ACCOUNT_ID]),
        targets: [new SfnStateMachine(machine, { ...delivery, input: inputOf(rule), role: roleFor(rule.machine) })],
      })
    }
    for (const rule of callRules) {
      const stage = stageNames.find((each) => placeholderOf(each) === rule.function) as Stage
      new EventBridgeRule(this, rule.name, {
        ...common(rule),
        // Nobody can put an event of AWS: what is said to be of an account is.
        eventPattern: patternOf(rule, [Aws.ACCOUNT_ID, ...members]),
        targets: [new LambdaFunction(functions[stage], { ...delivery, event: callOf(rule) })],
      })
    }
  }
}

function patternOf({ pattern }: Pick<Rule, 'pattern'>, account: string[]): EventPattern {
  const { source, 'detail-type': detailType, detail } = pattern
  return {
    account,
    source: [...source],
    detailType: [...detailType],
    ...(detail === undefined ? {} : { detail: { ...detail } }),
  }
}

function callOf({ operation }: CallRule): RuleTargetInput {
  const members = Object.entries(callInput).map(([name, from]) => [name, EventField.fromPath(`$.${from}`)] as const)
  return RuleTargetInput.fromObject({ operation, ...Object.fromEntries(members) })
}

function starter(scope: Construct, name: MachineName, { stateMachineArn }: IStateMachine): IRole {
  return callerRole(scope, `${name}-role`, {
    service: 'events',
    description: `rules that start ${name}`,
    calls: [{ sid: 'StartExecutions', action: 'states:StartExecution', resource: stateMachineArn }],
  })
}

/**
 * Our own events are handed over as they are, with whatever else is in them. A template would have to be trusted with
 * what it makes of a quote in a text, and of a path that is null or absent, which is left out.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function inputOf({ input }: Rule): RuleTargetInput {
  const members = Object.entries(input)
  if (members.every(([name, value]) => 'from' in value && value.from === name)) {
    return RuleTargetInput.fromEventPath('$.detail')
  }
  return RuleTargetInput.fromObject(
    Object.fromEntries(
      members.map(([name, value]) => [
        name,
        'from' in value ? EventField.fromPath(`$.detail.${value.from}`) : value.value,
      ]),
    ),
  )
}
