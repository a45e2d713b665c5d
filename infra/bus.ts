import { Duration } from 'aws-cdk-lib'
import { Archive, EventBus, Rule, type IEventBus } from 'aws-cdk-lib/aws-events'
import { EventBus as BusTarget } from 'aws-cdk-lib/aws-events-targets'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Names } from './names.ts'
import { rules } from './rules.ts'

export interface BusProps {
  readonly names: Names
  /** How long events can be replayed; replaying is harmless, because an event only says *look*. */
  readonly archiveRetention: Duration
}

/**
 * The event bus, its archive, and the queue of what could not be delivered. Events of AWS services come on the
 * account's default bus: they are forwarded, so that those of other accounts can come the same way.
 */
export class Bus extends Construct {
  readonly bus: IEventBus
  readonly undelivered: Queue

  constructor(scope: Construct, id: string, { names, archiveRetention }: BusProps) {
    super(scope, id)
    this.undelivered = new Queue(this, 'Undelivered', {
      queueName: names.with('undelivered'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    // The class lacks `| undefined` where its interface has an optional member: exactOptionalPropertyTypes sees it.
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: names.base,
      description: 'Fairway: references to what has to be looked at',
    }) as IEventBus
    new Archive(this, 'Archive', {
      archiveName: names.base,
      description: 'Fairway: for replaying what was not looked at',
      sourceEventBus: this.bus,
      eventPattern: { source: [...new Set(rules.flatMap(({ pattern }) => pattern.source))] },
      retention: archiveRetention,
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
        targets: [new BusTarget(this.bus, { deadLetterQueue: this.undelivered })],
      })
    }
  }
}

function isAws(source: string): boolean {
  return source.startsWith('aws.')
}
