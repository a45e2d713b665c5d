/**
 * The three errors that may leave a function. A state machine decides on their names (`Retry`, `Catch`),
 * so `name` is a literal: a minifier may rename the class, never this string.
 */

interface ErrorDetails {
  readonly cause?: unknown
  /** Epoch milliseconds before which trying again is pointless, where the other side named a time. */
  readonly notBefore?: number
  readonly throttled?: Throttled
}

/** It was too much at once for a service of AWS, as its actions are prefixed: `iam`; `aws` where that is not known. */
export interface Throttled {
  readonly service: string
}

/** The same call may succeed later: throttling, outages, eventual consistency, a lease held by another. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly notBefore: number | undefined
  readonly throttled: Throttled | undefined
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.notBefore = details.notBefore
    this.throttled = details.throttled
  }
}

/** Somebody else wrote first (version, fence, branch head). Read again and decide again. */
export class Conflict extends Error {
  override readonly name = 'Conflict'
  constructor(message: string, details: { readonly cause?: unknown } = {}) {
    super(message, { cause: details.cause })
  }
}

/** Trying again cannot help: a person has to change something. `fix` says what. */
export class Terminal extends Error {
  override readonly name = 'Terminal'
  readonly fix: string | undefined
  /** What was asked for is not there. */
  readonly absent: boolean
  constructor(
    message: string,
    details: { readonly cause?: unknown; readonly fix?: string; readonly absent?: boolean } = {},
  ) {
    super(message, { cause: details.cause })
    this.fix = details.fix
    this.absent = details.absent ?? false
  }
}

export type FairwayError = RetryLater | Conflict | Terminal

export function isFairwayError(error: unknown): error is FairwayError {
  return error instanceof RetryLater || error instanceof Conflict || error instanceof Terminal
}

/** For exhaustive switches over discriminated unions. */
export function never(value: never): never {
  throw new Terminal(`a case is missing for ${JSON.stringify(value)}`)
}

/** An error as data: what a record, a portal or an execution's output may carry. Never a stack. */
export interface Failure {
  readonly type: 'RetryLater' | 'Conflict' | 'Terminal'
  readonly message: string
  readonly fix?: string
}

export function toFailure(error: unknown): Failure {
  if (!isFairwayError(error))
    return { type: 'RetryLater', message: 'an unexpected error; see the logs of the execution' }
  const fix = error instanceof Terminal && error.fix !== undefined ? { fix: error.fix } : {}
  return { type: error.name, message: error.message, ...fix }
}
