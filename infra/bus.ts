import { Duration } from 'aws-cdk-lib'
import { Archive, EventBus, Rule, type IEventBus } from 'aws-cdk-lib/aws-events'
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets'
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import { callerRole } from './callerrole.ts'
import { changedRepositories, changes, changeType } from './member/events.ts'
import { changePattern } from './member/forwarding.ts'
import type { Names } from './names.ts'
import { callRules, rules } from './rules.ts'

export interface BusProps {
  readonly names: Names
  /** How long events can be replayed; replaying is harmless, because an event only says *look*. */
  readonly archiveRetention: Duration
  /** Ids of the accounts that may forward what is changed there. */
  readonly members?: readonly string[]
}

/**
 * The event bus, its archive, and the queue of what could not be delivered. Events of AWS services come on the
 * account's default bus: they are forwarded, so that those of other accounts can come the same way.
 */
export class Bus extends Construct {
  readonly bus: IEventBus
  readonly undelivered: Queue

  constructor(scope: Construct, id: string, { names, archiveRetention, members = [] }: BusProps) {
    super(scope, id)
    this.undelivered = new Queue(this, 'Undelivered', {
      queueName: names.with('undelivered'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    acknowledge(
      this.undelivered,
      'SQS3',
      'it is itself where rules and schedules leave what they cannot deliver, which this check does not see',
    )
    // The class lacks `| undefined` where its interface has an optional member: exactOptionalPropertyTypes sees it.
    const bus = new EventBus(this, 'Bus', {
      eventBusName: names.base,
      description: 'Fairway: references to what has to be looked at',
    })
    this.bus = bus as IEventBus
    if (members.length > 0) bus.addToResourcePolicy(fromMembers(bus.eventBusArn, members))
    new Archive(this, 'Archive', {
      archiveName: names.base,
      description: 'Fairway: for replaying what was not looked at',
      sourceEventBus: this.bus,
      eventPattern: { source: [...new Set([...rules, ...callRules].flatMap(({ pattern }) => pattern.source))] },
      retention: archiveRetention,
    })
    const role = callerRole(this, 'Role', {
      service: 'events',
      description: 'rules that hand events of AWS over to its bus',
      calls: [{ sid: 'PutEvents', action: 'events:PutEvents', resource: bus.eventBusArn }],
    })
    for (const { name, description, pattern } of rules.filter(({ pattern }) => pattern.source.some(isAws))) {
      new Rule(this, `Forward ${name}`, {
        ruleName: names.with(`forward-${name}`),
        description: `Fairway: ${description}`,
        eventPattern: {
          source: [...pattern.source],
          detailType: [...pattern['detail-type']],
          ...(pattern.detail === undefined ? {} : { detail: { ...pattern.detail } }),
        },
        targets: [new BusTarget(this.bus, { role, deadLetterQueue: this.undelivered })],
      })
    }
    // As a region of a member account does (memberregion.ts), and of repositories, which are here only.
    for (const change of [...changes, changedRepositories]) {
      new Rule(this, `Forward ${change.name}`, {
        ruleName: names.with(`forward-${change.name}`),
        description: `Fairway: ${change.description}`,
        eventPattern: changePattern(change, names.installation),
        targets: [new BusTarget(this.bus, { role, deadLetterQueue: this.undelivered })],
      })
    }
  }
}

/**
 * What MemberRegion forwards, and nothing else. Nobody can put events of a source that begins with `aws.`, only rules
 * hand them on; and the rules of the bus look at events of the control plane's own account only (eventrules.ts).
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
 */
function fromMembers(bus: string, members: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    sid: 'ChangesFromMembers',
    principals: members.map((account) => new AccountPrincipal(account)),
    actions: ['events:PutEvents'],
    resources: [bus],
    conditions: {
      'ForAllValues:StringEquals': {
        'events:source': changes.map(({ source }) => source),
        'events:detail-type': changeType,
      },
    },
  })
}

function isAws(source: string): boolean {
  return source.startsWith('aws.')
}
