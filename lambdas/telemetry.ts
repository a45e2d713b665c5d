import { Logger, type LogItem } from '@aws-lambda-powertools/logger'
import { MetricUnit, Metrics } from '@aws-lambda-powertools/metrics'
import type { MetricsOptions } from '@aws-lambda-powertools/metrics/types'
import { metricDimensions, metricNamespace } from '../domain/metrics.ts'
import { installationName } from './config.ts'

export interface Telemetry {
  readonly logger: Logger
  readonly metrics: Metrics
}

/** One per function, made when its module is loaded. `service` is the stage's name. */
export function makeTelemetry(service: string): Telemetry {
  return {
    logger: new RedirectableLogger({ serviceName: service }),
    metrics: new RedirectableMetrics({
      namespace: metricNamespace,
      serviceName: service,
      // Several installations of one account and region are several series.
      defaultDimensions: { [metricDimensions.installation]: installationName() },
    }),
  }
}

/** A value as it is now, for example an age in seconds. */
export function gauge(
  telemetry: Telemetry,
  metric: string,
  value: number,
  unit: 'Count' | 'Seconds' | 'Percent' | 'NoUnit',
): void {
  telemetry.metrics.addMetric(metric, MetricUnit[unit], value)
}

export function count(telemetry: Telemetry, metric: string): void {
  telemetry.metrics.addMetric(metric, MetricUnit.Count, 1)
}

/** A series of its own for each value: dimensions are those of a whole line, so this one is a line of its own. */
export function countBy(telemetry: Telemetry, metric: string, dimension: string, value: string): void {
  telemetry.metrics.singleMetric().addDimension(dimension, value).addMetric(metric, MetricUnit.Count, 1)
}

type Sink = (line: string) => void

/**
 * Logs and metrics of all functions, one JSON line each, go to `sink` instead of stdout (which is where Lambda
 * reads them, in CloudWatch's embedded metric format). For a process that runs the handlers itself.
 */
export function redirectTelemetry(to: Sink | undefined): void {
  sink = to
}

let sink: Sink | undefined

/** Powertools writes to a console of its own; `printLog` is the seam it leaves to subclasses. */
class RedirectableLogger extends Logger {
  protected override printLog(logLevel: number, log: LogItem): void {
    if (sink === undefined) return super.printLog(logLevel, log)
    log.prepareForPrint()
    sink(JSON.stringify(log.getAttributes(), this.getJsonReplacer()))
  }
}

class RedirectableMetrics extends Metrics {
  readonly #options: MetricsOptions

  constructor(options: MetricsOptions) {
    super(options)
    this.#options = options
  }

  override singleMetric(): Metrics {
    return new RedirectableMetrics({ ...this.#options, singleMetric: true })
  }

  override publishStoredMetrics(): this {
    // Nothing to publish is no warning: most invocations of a healthy fleet count nothing.
    if (!this.hasStoredMetrics()) return this
    if (sink === undefined) return super.publishStoredMetrics()
    sink(JSON.stringify(this.serializeMetrics()))
    this.clearMetrics()
    this.clearDimensions()
    this.clearMetadata()
    return this
  }
}
