import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import {
  largeAccountMetric,
  metricDimensions,
  metricNamespace,
  renewalMetrics,
  unreadyMetrics,
  unreadyPhases,
} from '../domain/metrics.ts'
import type { Names } from './names.ts'
import { measuredEvery } from './schedules.ts'
import type { Stage } from './stages.ts'

/** Of what is not ready, as the sweep measures it (lambdas/sweep). Each value is the last of its period. */
export function unreadyMetricsOf(names: Names): { readonly oldest: Metric; readonly inPhase: readonly Metric[] } {
  return {
    oldest: measured(names, unreadyMetrics.oldest),
    inPhase: unreadyPhases.map((phase) => measured(names, unreadyMetrics.inPhase(phase), phase)),
  }
}

/** Of what is to be renewed: how many, and days to the first end among them, without a value when there is none. */
export function renewalMetricsOf(names: Names): { readonly due: Metric; readonly nearestExpiry: Metric } {
  return {
    due: measured(names, renewalMetrics.due, 'credentials to be renewed'),
    nearestExpiry: measured(names, renewalMetrics.nearestExpiry),
  }
}

/** Pushes of NATS accounts that grow too large. */
export function largeAccountsOf(names: Names): Metric {
  return named(names, 'nats', largeAccountMetric).with({ statistic: 'Sum' })
}

function measured(names: Names, metricName: string, label?: string): Metric {
  return named(names, 'sweep', metricName, label)
}

function named(names: Names, service: Stage, metricName: string, label?: string): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    ...(label === undefined ? {} : { label }),
    dimensionsMap: {
      [metricDimensions.installation]: names.installation,
      [metricDimensions.service]: service,
    },
    period: Duration.minutes(measuredEvery),
    statistic: 'Maximum',
  })
}
