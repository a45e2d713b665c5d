import { Aws, Duration } from 'aws-cdk-lib'
import { EventField, Rule as EventBridgeRule, RuleTargetInput, type IEventBus } from 'aws-cdk-lib/aws-events'
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { callerRole } from './callerrole.ts'
import type { Names } from './names.ts'
import { rules, type MachineName, type Rule } from './rules.ts'

export interface EventRulesProps {
  readonly names: Names
  readonly bus: IEventBus
  readonly machines: Readonly<Record<MachineName, IStateMachine>>
  readonly undelivered: IQueue
}

/** EventBridge's rules, from the data that the local control plane interprets. */
export class EventRules extends Construct {
  constructor(scope: Construct, id: string, { names, bus, machines, undelivered }: EventRulesProps) {
    super(scope, id)
    const roles = new Map<MachineName, IRole>()
    const roleFor = (machine: MachineName) => {
      const role = roles.get(machine) ?? starter(this, machine, machines[machine])
      roles.set(machine, role)
      return role
    }
    for (const rule of rules) {
      const { source, 'detail-type': detailType, detail } = rule.pattern
      new EventBridgeRule(this, rule.name, {
        ruleName: names.with(rule.name),
        description: `Fairway: ${rule.description}`,
        eventBus: bus,
        eventPattern: {
          // Member accounts put events on this bus too, and none of them may say that a removal is confirmed.
          account: [Aws.ACCOUNT_ID],
          source: [...source],
          detailType: [...detailType],
          ...(detail === undefined ? {} : { detail: { ...detail } }),
        },
        targets: [
          new SfnStateMachine(machines[rule.machine], {
            input: inputOf(rule),
            role: roleFor(rule.machine),
            deadLetterQueue: undelivered,
            // Later than this, the sweep has long looked.
            maxEventAge: Duration.hours(1),
            retryAttempts: 20,
          }),
        ],
      })
    }
  }
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
