import { Duration } from 'aws-cdk-lib'
import { EventField, Rule as EventBridgeRule, RuleTargetInput, type IEventBus } from 'aws-cdk-lib/aws-events'
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
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
    for (const rule of rules) {
      const { source, 'detail-type': detailType, detail } = rule.pattern
      new EventBridgeRule(this, rule.name, {
        ruleName: names.with(rule.name),
        description: `Fairway: ${rule.description}`,
        eventBus: bus,
        eventPattern: {
          source: [...source],
          detailType: [...detailType],
          ...(detail === undefined ? {} : { detail: { ...detail } }),
        },
        targets: [
          new SfnStateMachine(machines[rule.machine], {
            input: inputOf(rule),
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
