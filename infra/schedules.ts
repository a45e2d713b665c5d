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
  readonly undelivered: IQueue
}

/** Minutes between two measurements of what is not ready: the period of its metrics. */
export const measuredEvery = 5

const schedules = [
  { operation: 'due', minutes: 1, description: 'looks for what is due, or held by a lease that ran out' },
  { operation: 'sources', minutes: 10, description: 'looks at all sources, because webhooks get lost' },
  { operation: 'unready', minutes: measuredEvery, description: 'measures what is not ready, and for how long' },
] as const

/** The sweep. A run that fails is not tried again: the next one does the same. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { names, sweep, undelivered }: SchedulesProps) {
    super(scope, id)
    const scheduleGroup = new ScheduleGroup(this, 'Group', { scheduleGroupName: names.base })
    const role = callerRole(this, 'Role', {
      service: 'scheduler',
      description: 'schedules of the sweep',
      calls: [
        { sid: 'CallTheSweep', action: 'lambda:InvokeFunction', resource: sweep.functionArn },
        { sid: 'KeepTheUndelivered', action: 'sqs:SendMessage', resource: undelivered.queueArn },
      ],
    })
    for (const { operation, minutes, description } of schedules) {
      new Schedule(this, operation, {
        scheduleName: names.with(operation),
        description: `Fairway: ${description}`,
        scheduleGroup,
        schedule: ScheduleExpression.rate(Duration.minutes(minutes)),
        target: new LambdaInvoke(sweep, {
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
