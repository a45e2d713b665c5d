import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { callerRole } from './callerrole.ts'
import type { Names } from './names.ts'

export interface SchedulesProps {
  readonly names: Names
  readonly sweep: IFunction
  /** Looks at the heads of sources. */
  readonly source: IFunction
  readonly undelivered: IQueue
  /** Between two looks at the fleet. */
  readonly fleetEvery: Duration
  /** Between two looks at the heads of all sources. */
  readonly sourcesEvery: Duration
}

/** Minutes between two measurements of what is not ready: the period of its metrics. */
export const measuredEvery = 5

const minute = Duration.minutes(1)

/** What each calls, how often, and what it is good for. Its name is the operation’s, or says more than that does. */
const schedules = ({ sweep, source, fleetEvery, sourcesEvery }: SchedulesProps) => [
  { called: sweep, operation: 'due', every: minute, description: 'looks for what is due, or held by an overdue lease' },
  {
    called: sweep,
    operation: 'unready',
    every: Duration.minutes(measuredEvery),
    description: 'measures what is not ready, and for how long',
  },
  { called: sweep, operation: 'fleet', every: fleetEvery, description: 'looks at the whole fleet for what differs' },
  {
    called: source,
    operation: 'heads',
    name: 'sources',
    every: sourcesEvery,
    description: 'looks at the heads of all sources, because webhooks get lost',
  },
]

/** A run that fails is not tried again: the next one does the same. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id)
    const { names, sweep, source, undelivered } = props
    const scheduleGroup = new ScheduleGroup(this, 'Group', { scheduleGroupName: names.base })
    const role = callerRole(this, 'Role', {
      service: 'scheduler',
      description: 'schedules of the looks',
      calls: [
        { sid: 'CallTheSweep', action: 'lambda:InvokeFunction', resource: sweep.functionArn },
        { sid: 'LookAtHeads', action: 'lambda:InvokeFunction', resource: source.functionArn },
        { sid: 'KeepTheUndelivered', action: 'sqs:SendMessage', resource: undelivered.queueArn },
      ],
    })
    for (const { called, operation, name = operation, every, description } of schedules(props)) {
      new Schedule(this, name, {
        scheduleName: names.with(name),
        description: `Fairway: ${description}`,
        scheduleGroup,
        schedule: ScheduleExpression.rate(every),
        target: new LambdaInvoke(called, {
          role,
          input: ScheduleTargetInput.fromObject({ operation }),
          deadLetterQueue: undelivered,
          retryAttempts: 0,
          maxEventAge: Duration.minutes(1),
        }),
      })
    }
  }
}
