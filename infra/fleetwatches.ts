import { Duration } from 'aws-cdk-lib'
import type { Watch } from './alarms.ts'
import { fleetMetricsOf } from './metrics.ts'
import type { Names } from './names.ts'

/**
 * Looks that drift may outlast: one finds it, the reconcile that this starts repairs it, the next one sees it gone. What
 * a third one still finds, reconciles do not repair.
 */
const patience = 2.5

/** CloudWatch evaluates what lies within a day: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const longestPeriod = Duration.hours(6)

/** Alarms of the looks at the fleet. Each of them stays on until as many looks later it is better. */
export function fleetWatches(names: Names, every: Duration): readonly Watch[] {
  const period = periodOf(every)
  const { ended, oldest, failed, braked } = fleetMetricsOf(names, period)
  return [
    {
      name: 'fleet-silent',
      description: 'no look at any part of the fleet ends: drift is not found, nor what a lost event left undone',
      metric: ended,
      below: 1,
      periods: 3,
      of: 3,
      mustReport: true,
    },
    {
      name: 'drift-stays',
      description:
        'something differs from what is declared, and reconciles do not put it right; `fairway drift` names it',
      metric: oldest,
      atLeast: Math.round(every.toSeconds() * patience),
      periods: 1,
      of: 1,
    },
    {
      name: 'fleet-blind',
      description: 'a capability cannot look at its part of the fleet, and goes on not to; the log of fleet says why',
      metric: failed,
      atLeast: 1,
      periods: 3,
      of: 3,
    },
    {
      name: 'fleet-braked',
      description: 'a look would remove more at once than the brake allows, and waits until somebody lets it go',
      metric: braked,
      atLeast: 1,
      periods: 1,
      of: 1,
    },
  ]
}

/** Long enough for a look to fall into each; periods of metrics are whole minutes, and of these some divide an hour. */
export function periodOf(every: Duration): Duration {
  const choices = [5, 15, 30, 60, 180, 360].map((minutes) => Duration.minutes(minutes))
  return choices.find((period) => period.toSeconds() >= every.toSeconds()) ?? longestPeriod
}
