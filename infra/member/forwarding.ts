import { Aws, Duration } from 'aws-cdk-lib'
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { EventBus, Rule, type EventPattern } from 'aws-cdk-lib/aws-events'
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { acknowledge } from '../acknowledge.ts'
import { callerRole } from '../callerrole.ts'
import type { Names } from '../names.ts'
import { changes, changeType, type Change } from './events.ts'

export interface ForwardingProps {
  readonly names: Names
  /** Where the control plane's bus is. */
  readonly controlPlane: { readonly account: string; readonly region: string }
  /** Told of the alarm and of its end. */
  readonly alarmTopic?: ITopic
}

/** What others change of Fairway's things in this account and region is told to the control plane's bus. */
export class Forwarding extends Construct {
  constructor(scope: Construct, id: string, { names, controlPlane, alarmTopic }: ForwardingProps) {
    super(scope, id)
    const undelivered = new Queue(this, 'Undelivered', {
      queueName: names.with('undelivered-changes'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    acknowledge(
      undelivered,
      'SQS3',
      'it is itself where rules leave what they cannot deliver, which this check does not see',
    )
    watch(undelivered, names, alarmTopic)
    const arn = `arn:${Aws.PARTITION}:events:${controlPlane.region}:${controlPlane.account}:event-bus/${names.base}`
    const bus = EventBus.fromEventBusArn(this, 'Bus', arn)
    // EventBridge puts events on a bus of another account or region in the name of a role only.
    const role = callerRole(this, 'Role', {
      service: 'events',
      description: 'rules that put change events on the bus of the control plane',
      calls: [{ sid: 'PutEvents', action: 'events:PutEvents', resource: arn }],
    })
    for (const change of changes) {
      new Rule(this, change.name, {
        ruleName: names.with(change.name),
        description: `Fairway: ${change.description}`,
        eventPattern: changePattern(change, names.installation),
        targets: [new BusTarget(bus, { role, deadLetterQueue: undelivered })],
      })
    }
  }
}

/** Not what Fairway itself changes: otherwise every reconcile would be a reason to look again. */
export function changePattern({ source, calls, concerning }: Change, installation: string): EventPattern {
  const own = `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/fairway-control/fairway-${installation}-`
  const issuer = (arn: object) => ({ userIdentity: { sessionContext: { sessionIssuer: { arn: [arn] } } } })
  return {
    source: [source],
    detailType: [changeType],
    detail: {
      eventName: [...calls],
      // A call that was refused changed nothing.
      errorCode: [{ exists: false }],
      ...(concerning && { requestParameters: { [concerning.member]: prefixes(concerning.prefixes, installation) } }),
      // `anything-but` wants the member to be there, and the session of a user has no issuer.
      $or: [issuer({ 'anything-but': { prefix: own } }), issuer({ exists: false })],
    },
  }
}

function prefixes(texts: readonly string[], installation: string) {
  const values = { installation, partition: Aws.PARTITION, region: Aws.REGION, account: Aws.ACCOUNT_ID }
  return texts.map((text) => ({
    prefix: text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name as keyof typeof values]),
  }))
}

function watch(queue: Queue, names: Names, topic: ITopic | undefined): void {
  const metric = queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5), statistic: 'Maximum' })
  const alarm = metric.createAlarm(queue, 'Alarm', {
    alarmName: names.with('undelivered-changes'),
    alarmDescription: 'Fairway: change events could not be delivered to the control plane; the queue says why',
    threshold: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  })
  if (!topic) return
  const action = new SnsAction(topic)
  alarm.addAlarmAction(action)
  alarm.addOkAction(action)
}
