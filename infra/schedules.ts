import { Duration } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Names } from './names.ts'

export interface SchedulesProps {
  readonly names: Names
  readonly sweep: IFunction
  readonly undelivered: IQueue
}

const schedules = [
  { operation: 'due', minutes: 1, description: 'what is not ready, expiring, or held by a lease that ran out' },
  { operation: 'sources', minutes: 10, description: 'all sources, because webhooks get lost' },
] as const

/** The sweep. A run that fails is not tried again: the next one does the same. */
export class Schedules extends Construct {
  constructor(scope: Construct, id: string, { names, sweep, undelivered }: SchedulesProps) {
    super(scope, id)
    const scheduleGroup = new ScheduleGroup(this, 'Group', { scheduleGroupName: names.base })
    for (const { operation, minutes, description } of schedules) {
      new Schedule(this, operation, {
        scheduleName: names.with(operation),
        description: `Fairway: looks for ${description}`,
        scheduleGroup,
        schedule: ScheduleExpression.rate(Duration.minutes(minutes)),
        target: new LambdaInvoke(sweep, {
          input: ScheduleTargetInput.fromObject({ operation }),
          deadLetterQueue: undelivered,
          retryAttempts: 0,
          maxEventAge: Duration.minutes(1),
        }),
      })
    }
  }
}
