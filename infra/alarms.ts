import { Duration } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { lateRenewalPercent, tooManyUnasked } from '../domain/metrics.ts'
import { fleetWatches } from './fleetwatches.ts'
import type { Handover } from './handover.ts'
import { handoverWatches } from './handoverwatches.ts'
import { largeAccountsOf, renewalMetricsOf, unaskedOf, unreadyMetricsOf } from './metrics.ts'
import type { Names } from './names.ts'
import type { MachineName } from './rules.ts'
import type { Stage } from './stages.ts'

export interface AlarmsProps {
  readonly names: Names
  readonly machines: Readonly<Record<MachineName, IStateMachine>>
  readonly functions: Readonly<Record<Stage, IFunction>>
  readonly undelivered: IQueue
  readonly handover: Handover
  readonly api: HttpApi
  /** How long Fairway may owe something to a resource. */
  readonly unreadyAfter: Duration
  /** Between two looks at the fleet. */
  readonly fleetEvery: Duration
  /** Told of each alarm and of its end. */
  readonly topic?: ITopic
}

export interface Watch {
  readonly name: string
  readonly description: string
  readonly metric: IMetric
  /** Alarming are values of at least this many, */
  readonly atLeast?: number
  /** or of fewer than this many. */
  readonly below?: number
  readonly periods: number
  readonly of: number
  /** No value is as bad as a bad one. */
  readonly mustReport?: true
}

const period = Duration.minutes(5)
const sum = { period, statistic: 'Sum' }

/** Not the functions' errors: `RetryLater` is one, and is what state machines are for. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.all = watches(props).map(({ name, description, metric, atLeast, below, periods, of, mustReport }) => {
      const alarm = new Alarm(this, name, {
        metric,
        alarmName: props.names.with(name),
        alarmDescription: `Fairway: ${description}`,
        threshold: below ?? atLeast ?? 1,
        comparisonOperator:
          below === undefined
            ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            : ComparisonOperator.LESS_THAN_THRESHOLD,
        datapointsToAlarm: periods,
        evaluationPeriods: of,
        treatMissingData: mustReport ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      })
      if (props.topic) {
        const action = new SnsAction(props.topic)
        alarm.addAlarmAction(action)
        alarm.addOkAction(action)
      }
      return alarm
    })
  }
}

function watches({
  names,
  machines,
  functions,
  undelivered,
  handover,
  api,
  unreadyAfter,
  fleetEvery,
}: AlarmsProps): readonly Watch[] {
  const often = { atLeast: 1, periods: 2, of: 3 }
  return [
    ...Object.entries(machines).flatMap(([name, machine]) => [
      {
        name: `${name}-failed`,
        description: `executions of ${name} fail, and go on failing`,
        metric: machine.metricFailed(sum),
        ...often,
      },
      {
        name: `${name}-timed-out`,
        description: `an execution of ${name} ran into its time limit`,
        metric: machine.metricTimedOut(sum),
        atLeast: 1,
        periods: 1,
        of: 1,
      },
    ]),
    ...Object.entries(functions).map(([stage, each]) => ({
      name: `${stage}-throttled`,
      description: `Lambda refuses to run ${stage}: too many of the account's functions run at a time`,
      metric: each.metricThrottles(sum),
      ...often,
    })),
    {
      name: 'undelivered',
      description: 'events or schedules could not be delivered; the queue says which and why',
      metric: undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      atLeast: 1,
      periods: 1,
      of: 1,
    },
    {
      name: 'webhooks-failing',
      description: 'webhooks are answered with 5xx',
      metric: api.metricServerError(sum),
      atLeast: 5,
      periods: 1,
      of: 1,
    },
    {
      name: 'sweep-failing',
      description: 'the sweep fails: what a killed execution left is not taken up again',
      metric: functions.sweep.metricErrors(sum),
      atLeast: 3,
      periods: 2,
      of: 3,
    },
    {
      name: 'sweep-silent',
      description: 'the sweep does not run',
      metric: functions.sweep.metricInvocations(sum),
      below: 1,
      periods: 2,
      of: 2,
      mustReport: true,
    },
    {
      name: 'unready',
      description: `something is not ready for longer than ${unreadyAfter.toHumanString()}; the sweep’s log names it`,
      metric: unreadyMetricsOf(names).oldest,
      atLeast: unreadyAfter.toSeconds(),
      // Two, because a measurement may fall from one period into the next one.
      periods: 2,
      of: 2,
      mustReport: true,
    },
    {
      name: 'renewal-late',
      description: `a credential that is to be renewed has less than ${lateRenewalPercent} % of the time for it left; the sweep’s log names it`,
      metric: renewalMetricsOf(names).timeLeft,
      below: lateRenewalPercent,
      periods: 2,
      of: 2,
    },
    {
      // Reconciling mints nothing (P2). What does, again and again, changes every pod that it meets; it is seen within
      // the hour and not by the bill. First credentials, renewals and what people ask for are not counted, however many.
      name: 'minted-too-often',
      description:
        'credentials of running pods are minted anew although nobody asked and none is due; the logs of nats and secrets name them',
      metric: unaskedOf(names),
      atLeast: tooManyUnasked,
      periods: 1,
      of: 1,
    },
    ...fleetWatches(names, fleetEvery),
    ...handoverWatches(handover.writers, handover.undelivered),
    {
      name: 'nats-account-large',
      description:
        'a NATS account fills up, and will take no more roles one day; the log of the function nats names it',
      metric: largeAccountsOf(names),
      atLeast: 1,
      periods: 1,
      of: 1,
    },
  ]
}
