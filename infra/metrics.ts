import { Duration } from 'aws-cdk-lib'
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { CredentialEvent } from '../domain/capability.ts'
import {
  credentialMetrics,
  fleetMetrics,
  largeAccountMetric,
  metricDimensions,
  metricNamespace,
  pausedMetrics,
  reasonDimension,
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

/** Of what waits because it is paused: without a value while nothing does. */
export function pausedMetricsOf(names: Names): readonly Metric[] {
  return Object.entries(pausedMetrics).map(([kind, name]) => measured(names, name, `paused ${kind}`))
}

/**
 * Of what is to be renewed: how many, and the least time that is left to one of them, without a value when there is
 * none; and days to the first end of all.
 */
export function renewalMetricsOf(names: Names): Readonly<Record<keyof typeof renewalMetrics, Metric>> {
  return {
    due: measured(names, renewalMetrics.due, 'credentials to be renewed'),
    timeLeft: measured(names, renewalMetrics.timeLeft).with({ statistic: 'Minimum' }),
    nearestExpiry: measured(names, renewalMetrics.nearestExpiry).with({ statistic: 'Minimum' }),
  }
}

/** Credentials of pods that were minted anew although nobody asked and no time had come, of both kinds, in an hour. */
export function unaskedOf(names: Names): MathExpression {
  const period = Duration.hours(1)
  const of = (service: Stage) => named(names, service, credentialMetrics.unasked).with({ statistic: 'Sum', period })
  return new MathExpression({
    expression: 'FILL(nats, 0) + FILL(secrets, 0)',
    usingMetrics: { nats: of('nats'), secrets: of('secrets') },
    label: 'minted unasked',
    period,
  })
}

/** One line for each reason that there was: which there are is not for the dashboard to know. */
export function eventsOf(names: Names, what: CredentialEvent['what']): MathExpression {
  const dimensions = [metricDimensions.installation, metricDimensions.service, reasonDimension]
  const which = `MetricName="${credentialMetrics.of(what)}" ${metricDimensions.installation}="${names.installation}"`
  const search = `{${[metricNamespace, ...dimensions].join(',')}} ${which}`
  return new MathExpression({ expression: `SEARCH('${search}', 'Sum', 3600)`, label: '', period: Duration.hours(1) })
}

/** Of looks at the fleet: all shards together. */
export function fleetMetricsOf(names: Names, period: Duration) {
  const of = (metricName: string, statistic: string, label?: string) =>
    named(names, 'fleet', metricName, label).with({ statistic, period })
  return {
    ended: of(fleetMetrics.ended, 'Sum', 'looks'),
    found: of(fleetMetrics.found, 'Sum', 'findings'),
    compared: of(fleetMetrics.compared, 'Sum', 'compared'),
    skipped: of(fleetMetrics.skipped, 'Sum', 'skipped'),
    failed: of(fleetMetrics.failed, 'Sum', 'capabilities that could not be looked at'),
    oldest: of(fleetMetrics.oldest, 'Maximum', 'oldest that is to be repaired'),
    seconds: of(fleetMetrics.seconds, 'Maximum', 'slowest look'),
    braked: of(fleetMetrics.braked, 'Sum', 'looks that the brake holds'),
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
