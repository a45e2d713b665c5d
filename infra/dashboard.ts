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
import { lateRenewalPercent } from '../domain/metrics.ts'
import { periodOf } from './fleetwatches.ts'
import { eventsOf, fleetMetricsOf, pausedMetricsOf, renewalMetricsOf, unaskedOf, unreadyMetricsOf } from './metrics.ts'
import type { Handover } from './handover.ts'
import type { Names } from './names.ts'
import type { MachineName } from './rules.ts'
import type { Stage } from './stages.ts'

export interface DashboardProps {
  readonly names: Names
  readonly machines: Readonly<Record<MachineName, IStateMachine>>
  readonly functions: Readonly<Record<Stage, IFunction>>
  readonly undelivered: IQueue
  readonly handover: Handover
  readonly api: HttpApi
  readonly alarms: readonly AlarmBase[]
  readonly unreadyAfter: Duration
  /** Between two looks at the fleet. */
  readonly fleetEvery: Duration
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
      widgets: [
        [alarms(props)],
        fleet(props),
        drift(props),
        renewals(props),
        rotations(props),
        runs(props),
        delivery(props),
        commits(props),
        functions(props),
      ],
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
    new GraphWidget({
      title: 'Not ready, by phase, and what waits because it is paused (right)',
      left: [...inPhase],
      right: [...pausedMetricsOf(names)],
      stacked: true,
      ...third,
    }),
    new GraphWidget({
      title: 'Oldest that Fairway owes something, in seconds',
      left: [oldest],
      leftAnnotations: [{ value: unreadyAfter.toSeconds(), label: 'alarm' }],
      ...third,
    }),
  ]
}

function drift({ names, fleetEvery }: DashboardProps) {
  const metrics = fleetMetricsOf(names, periodOf(fleetEvery))
  return [
    new GraphWidget({
      title: 'Differs from what is declared (left), and since when some of it is to be repaired (right, in s)',
      left: [metrics.found],
      right: [metrics.oldest],
      ...third,
    }),
    new GraphWidget({
      title: 'Looked at, and left out',
      left: [metrics.compared, metrics.skipped],
      right: [metrics.failed, metrics.braked],
      ...third,
    }),
    new GraphWidget({
      title: 'Looks (left), the slowest in s (right)',
      left: [metrics.ended],
      right: [metrics.seconds],
      ...third,
    }),
  ]
}

function renewals({ names }: DashboardProps) {
  const { due, timeLeft, nearestExpiry } = renewalMetricsOf(names)
  const half = { width: 12, height: 4 }
  return [
    new GraphWidget({
      title: 'Credentials to be renewed (left), and the least time left to one of them (right, per cent)',
      left: [due],
      right: [timeLeft],
      rightAnnotations: [{ value: lateRenewalPercent, label: 'alarm' }],
      ...half,
    }),
    new GraphWidget({ title: 'Days to the end of the credential that ends first', left: [nearestExpiry], ...half }),
  ]
}

function rotations({ names }: DashboardProps) {
  return [
    new GraphWidget({
      title: 'Credentials begun, by reason (left), and those that nobody asked for (right)',
      left: [eventsOf(names, 'begun')],
      right: [unaskedOf(names)],
      ...third,
    }),
    new GraphWidget({ title: 'Credentials promoted, by reason', left: [eventsOf(names, 'promoted')], ...third }),
    new GraphWidget({
      title: 'Credentials ended, by their successors’ reason',
      left: [eventsOf(names, 'ended')],
      ...third,
    }),
  ]
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

function commits({ handover: { writers, undelivered }, functions: { write } }: DashboardProps) {
  const maximum = { period, statistic: 'Maximum' }
  return [
    new GraphWidget({
      title: 'Changes that wait for their commit',
      left: [writers.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'messages' })],
      right: [writers.metricApproximateAgeOfOldestMessage({ ...maximum, label: 'oldest, in s' })],
      ...third,
    }),
    new GraphWidget({
      title: 'The writers of cluster repositories',
      left: [write.metricInvocations({ ...sum, label: 'runs' }), write.metricErrors({ ...sum, label: 'failed' })],
      right: [write.metricDuration({ ...maximum, label: 'slowest, in ms' })],
      ...third,
    }),
    new GraphWidget({
      title: 'Given up by the writers, in the queue',
      left: [undelivered.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'messages' })],
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
