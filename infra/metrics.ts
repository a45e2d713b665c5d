import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { metricDimensions, metricNamespace, unreadyMetrics, unreadyPhases } from '../domain/metrics.ts'
import type { Names } from './names.ts'
import { measuredEvery } from './schedules.ts'

/** Of what is not ready, as the sweep measures it (lambdas/sweep). Each value is the last of its period. */
export function unreadyMetricsOf(names: Names): { readonly oldest: Metric; readonly inPhase: readonly Metric[] } {
  const metric = (metricName: string, label?: string) =>
    new Metric({
      namespace: metricNamespace,
      metricName,
      ...(label === undefined ? {} : { label }),
      dimensionsMap: {
        [metricDimensions.installation]: names.installation,
        [metricDimensions.service]: 'sweep',
      },
      period: Duration.minutes(measuredEvery),
      statistic: 'Maximum',
    })
  return {
    oldest: metric(unreadyMetrics.oldest),
    inPhase: unreadyPhases.map((phase) => metric(unreadyMetrics.inPhase(phase), phase)),
  }
}
