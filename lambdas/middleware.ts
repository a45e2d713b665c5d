import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import type { MiddlewareObj } from '@middy/core'
import { isFairwayError, RetryLater, Terminal, type Throttled } from '../domain/errors.ts'
import { throttledMetric } from '../domain/metrics.ts'
import { count, type Telemetry } from './telemetry.ts'

/**
 * What every function has: the invocation's ids in each log line, metrics written at its end, and one way to fail.
 * The event is never logged: it may carry what people wrote.
 */
export function standard({ logger, metrics }: Telemetry): MiddlewareObj[] {
  const publish = () => void metrics.publishStoredMetrics()
  // After-handlers and error handlers run last first: the failure is counted before the metrics are written, and
  // logged before the context is taken away.
  return [
    injectLambdaContext(logger, { resetKeys: true, logEvent: false }),
    { after: publish, onError: publish },
    failures({ logger, metrics }),
  ]
}

/**
 * The state machines decide on three names (domain/errors.ts), which pass as they are. Anything else is a fault of
 * ours or of a library: it is logged with its stack, and the caller is told to try again, without its text, because
 * that text may hold anything.
 */
export function failures(telemetry: Telemetry): MiddlewareObj {
  return {
    onError: (request) => {
      const { error } = request
      request.error = isFairwayError(error) ? error : neutral(error)
      const level = request.error instanceof Terminal || !isFairwayError(error) ? 'error' : 'warn'
      telemetry.logger[level](`${request.error.name}: ${clean(request.error.message)}`, { failure: describe(error) })
      count(telemetry, request.error.name)
      const { throttled } = request.error as { throttled?: Throttled }
      if (throttled) count(telemetry, throttledMetric(throttled.service))
    },
  }
}

/**
 * An error as data for a log: names, texts and stacks along its causes, and none of the other members that
 * libraries attach (requests, responses, inputs).
 */
export function describe(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `a thrown ${typeof error}` }
  const { name, message, stack, cause } = error
  const deeper = depth < 4
  return {
    name,
    message: clean(message),
    ...(stack === undefined ? {} : { stack: clean(stack) }),
    ...(error instanceof Terminal && error.fix !== undefined ? { fix: error.fix } : {}),
    ...('$metadata' in error ? { aws: awsIds(error.$metadata) } : {}),
    ...(cause === undefined || !deeper ? {} : { cause: describe(cause, depth + 1) }),
    ...(error instanceof AggregateError && deeper
      ? { errors: error.errors.map((one) => describe(one, depth + 1)) }
      : {}),
  }
}

function neutral(cause: unknown): RetryLater {
  // middy's own, thrown shortly before Lambda would end the invocation.
  const late = cause instanceof Error && cause.name === 'TimeoutError'
  return new RetryLater(late ? 'the function ran out of time' : 'an unexpected error; see the logs of the function', {
    cause,
  })
}

/** Credentials in URLs are the one secret that error texts of HTTP and git libraries are known to repeat. */
function clean(text: string): string {
  return text.replace(/(\w:\/\/)[^\s/@]+@/g, '$1[secret]@')
}

function awsIds(metadata: unknown): Record<string, unknown> {
  const { requestId, httpStatusCode } = (metadata ?? {}) as { requestId?: unknown; httpStatusCode?: unknown }
  return { requestId, httpStatusCode }
}
