import { Duration } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  SingleValueWidget,
  type AlarmBase,
  type IMetric,
  AlarmStatusWidget,
} from 'aws-cdk-lib/aws-cloudwatch'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { lateRenewalDays } from '../domain/metrics.ts'
import { renewalMetricsOf, unreadyMetricsOf } from './metrics.ts'
import type { Names } from './names.ts'
import type { MachineName } from './rules.ts'
import type { Stage } from './stages.ts'

export interface DashboardProps {
  readonly names: Names
  readonly machines: Readonly<Record<MachineName, IStateMachine>>
  readonly functions: Readonly<Record<Stage, IFunction>>
  readonly undelivered: IQueue
  readonly api: HttpApi
  readonly alarms: readonly AlarmBase[]
  readonly unreadyAfter: Duration
}

const period = Duration.minutes(5)
const sum = { period, statistic: 'Sum' }
/** A dashboard is 24 columns wide. */
const third = { width: 8, height: 6 }

/** From what somebody must do something about, down to the parts that it may be due to. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id)
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: props.names.base,
      defaultInterval: Duration.days(1),
      widgets: [[alarms(props)], fleet(props), [renewals(props)], runs(props), delivery(props), functions(props)],
    })
  }
}

function alarms({ alarms }: DashboardProps) {
  return new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 })
}

function fleet({ names, unreadyAfter }: DashboardProps) {
  const { oldest, inPhase } = unreadyMetricsOf(names)
  return [
    new SingleValueWidget({ title: 'Not ready, now', metrics: [...inPhase], ...third }),
    new GraphWidget({ title: 'Not ready, by phase', left: [...inPhase], stacked: true, ...third }),
    new GraphWidget({
      title: 'Oldest that Fairway owes something, in seconds',
      left: [oldest],
      leftAnnotations: [{ value: unreadyAfter.toSeconds(), label: 'alarm' }],
      ...third,
    }),
  ]
}

function renewals({ names }: DashboardProps) {
  const { due, nearestExpiry } = renewalMetricsOf(names)
  return new GraphWidget({
    title: 'Credentials to be renewed (left), and days to the first end among them (right)',
    left: [due],
    right: [nearestExpiry],
    rightAnnotations: [{ value: lateRenewalDays, label: 'alarm' }],
    width: 24,
    height: 4,
  })
}

function runs({ machines }: DashboardProps) {
  const each = (metric: (machine: IStateMachine, label: string) => IMetric) =>
    Object.entries(machines).map(([name, machine]) => metric(machine, name))
  return [
    new GraphWidget({
      title: 'Executions started',
      left: each((machine, label) => machine.metricStarted({ ...sum, label })),
      ...third,
    }),
    new GraphWidget({
      title: 'Executions failed or out of time',
      left: [
        ...each((machine, label) => machine.metricFailed({ ...sum, label })),
        ...each((machine, label) => machine.metricTimedOut({ ...sum, label: `${label}, time` })),
      ],
      ...third,
    }),
    new GraphWidget({
      title: 'Executions, how long (median left, slowest hundredth right)',
      left: each((machine, label) => machine.metricTime({ period, statistic: 'p50', label })),
      right: each((machine, label) => machine.metricTime({ period, statistic: 'p99', label: `${label}, p99` })),
      ...third,
    }),
  ]
}

function delivery({ undelivered, api, functions: { sweep } }: DashboardProps) {
  return [
    new GraphWidget({
      title: 'Webhooks',
      left: [
        api.metricCount({ ...sum, label: 'all' }),
        api.metricClientError({ ...sum, label: '4xx' }),
        api.metricServerError({ ...sum, label: '5xx' }),
      ],
      right: [api.metricLatency({ period, statistic: 'p99', label: 'answered in, p99' })],
      ...third,
    }),
    new GraphWidget({
      title: 'Undelivered events and schedules, in the queue',
      left: [undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum', label: 'messages' })],
      right: [undelivered.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum', label: 'oldest, in s' })],
      ...third,
    }),
    new GraphWidget({
      title: 'The sweep',
      left: [sweep.metricInvocations({ ...sum, label: 'runs' }), sweep.metricErrors({ ...sum, label: 'failed' })],
      right: [sweep.metricDuration({ period, statistic: 'Maximum', label: 'slowest, in ms' })],
      ...third,
    }),
  ]
}

function functions({ functions }: DashboardProps) {
  const each = (metric: (one: IFunction, label: string) => IMetric) =>
    Object.entries(functions).map(([stage, one]) => metric(one, stage))
  return [
    new GraphWidget({
      title: 'Functions throttled by Lambda',
      left: each((one, label) => one.metricThrottles({ ...sum, label })),
      ...third,
    }),
    new GraphWidget({
      title: 'Functions, errors (trying again later is one)',
      left: each((one, label) => one.metricErrors({ ...sum, label })),
      ...third,
    }),
    new GraphWidget({
      title: 'Functions, slowest in ms',
      left: each((one, label) => one.metricDuration({ period, statistic: 'Maximum', label })),
      ...third,
    }),
  ]
}
