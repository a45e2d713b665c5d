import { Conflict, RetryLater, Terminal, isFairwayError } from './errors.ts'
import type { FairwayError } from './errors.ts'

/**
 * AWS SDK errors as Fairway's three. Works on their shape alone, so that nothing here depends on an SDK:
 * `name`, `$metadata.httpStatusCode`, `$retryable`, `$fault`, as smithy's ServiceException has them.
 */
export async function callAws<Result>(doing: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    throw fromAws(error, doing)
  }
}

/**
 * The same for a call that carries a secret value. Validation errors of AWS quote the value they refuse
 * ("Value '…' at 'secretString' failed to satisfy constraint"), so neither message nor cause is kept (P3).
 */
export async function callAwsWithSecret<Result>(doing: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    throw fromAws(withoutMessage(error), doing)
  }
}

/** `doing` completes "AWS refused to …": `create role x in account y`. */
export function fromAws(error: unknown, doing: string): FairwayError {
  if (isFairwayError(error)) return error
  const { name, status, retryable, message, service, throttling } = shape(error)
  if (denied.has(name)) {
    return new Terminal(`not permitted to ${doing}: ${message}`, {
      cause: error,
      fix: 'give the role of this function what its grants list: deploy the stack of that account again, and look for service control policies',
    })
  }
  if (conflicts.has(name)) return new Conflict(`something changed while trying to ${doing}: ${name}`, { cause: error })
  if (throttling) {
    return new RetryLater(`AWS could not ${doing} now: ${name}`, { cause: error, throttled: { service } })
  }
  if (retryable || transient.has(name) || status === undefined || status >= 500) {
    return new RetryLater(`AWS could not ${doing} now: ${name}`, { cause: error })
  }
  if (isNotFound(error))
    return new RetryLater(`AWS does not see yet what it takes to ${doing}: ${name}`, { cause: error })
  if (quotas.test(name)) {
    return new Terminal(`a quota does not let Fairway ${doing}: ${message}`, {
      cause: error,
      fix: 'raise the quota in Service Quotas for that account and region (those of IAM are in us-east-1), or retire what is not needed there',
    })
  }
  return new Terminal(`AWS refused to ${doing}: ${name}: ${message}`, { cause: error })
}

/** `callAws` for what may not be there: undefined then. */
export async function findAws<Result>(doing: string, call: () => Promise<Result>): Promise<Result | undefined> {
  return callAws(doing, async () => {
    try {
      return await call()
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  })
}

/** True for the error names of "there is no such thing", of every service that Fairway calls. */
export function isNotFound(error: unknown): boolean {
  return notFound.has(shape(error).name)
}

/** True for the error names of "it exists already". */
export function isAlreadyThere(error: unknown): boolean {
  return alreadyThere.has(shape(error).name)
}

const notFound = new Set([
  'ResourceNotFoundException',
  'NoSuchEntityException',
  'NoSuchEntity',
  'RepositoryNotFoundException',
  'RepositoryPolicyNotFoundException',
  'LifecyclePolicyNotFoundException',
  'ImageNotFoundException',
  'NotFoundException',
])

const alreadyThere = new Set([
  'EntityAlreadyExistsException',
  'EntityAlreadyExists',
  'RepositoryAlreadyExistsException',
  'ResourceExistsException',
  'ResourceInUseException',
])

const conflicts = new Set([
  ...alreadyThere,
  'ConcurrentModificationException',
  'ConcurrentModification',
  'ConflictException',
  'DeleteConflictException',
  'DeleteConflict',
  'PreconditionNotMetException',
])

const denied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'UnauthorizedException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
])

/** Throttling answers with status 400, and under many names. As the SDK has them, without what is a quota in IAM and ECR. */
const throttles = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
])

/** Expired credentials are fetched anew by the next invocation. */
const transient = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'ExpiredToken',
  'ExpiredTokenException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalServiceError',
  // Of the tagging API, after 15 minutes: the pages are read again from the first.
  'PaginationTokenExpiredException',
  'UnmodifiableEntityException',
])

/** `LimitExceeded` of IAM, ECR and Secrets Manager; `ResourceLimitExceededException` of EKS. */
const quotas = /^((Resource)?LimitExceeded|ServiceQuotaExceededException$)/

interface Shape {
  readonly name: string
  readonly message: string
  /** Absent when no answer arrived: DNS, connection, time-out. */
  readonly status: number | undefined
  readonly retryable: boolean
  readonly throttling: boolean
  /** `$service`, which `clientOptions` of lambdas/runtime/clients.ts has clients put on what they throw. */
  readonly service: string
}

function shape(error: unknown): Shape {
  if (typeof error !== 'object' || error === null) {
    return {
      name: 'Error',
      message: String(error),
      status: undefined,
      retryable: false,
      throttling: false,
      service: unknownService,
    }
  }
  const fields = error as Record<string, unknown>
  const metadata = fields['$metadata'] as { httpStatusCode?: unknown } | undefined
  const status = metadata?.httpStatusCode
  const name = typeof fields['name'] === 'string' ? fields['name'] : 'Error'
  const retryable = fields['$retryable'] as { throttling?: unknown } | undefined
  return {
    name,
    message: typeof fields['message'] === 'string' ? fields['message'] : '',
    status: typeof status === 'number' ? status : undefined,
    retryable: retryable !== undefined,
    throttling: throttles.has(name) || status === 429 || retryable?.throttling === true,
    service: typeof fields['$service'] === 'string' ? fields['$service'] : unknownService,
  }
}

const unknownService = 'aws'

function withoutMessage(error: unknown): unknown {
  if (isFairwayError(error)) return error
  const { name, status, retryable, throttling, service } = shape(error)
  const bare = new Error('the message is withheld, it may quote the value')
  return Object.assign(bare, {
    name,
    ...(status === undefined ? {} : { $metadata: { httpStatusCode: status } }),
    ...(retryable ? { $retryable: { throttling } } : {}),
    $service: service,
  })
}
