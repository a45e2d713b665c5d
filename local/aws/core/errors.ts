import type { Call } from './operations.ts'

/** The SDK's own exception classes, filled in as its deserialisers do. */

interface Metadata {
  readonly httpStatusCode: number
  readonly requestId: string
  readonly attempts: number
  readonly totalRetryDelay: number
}

type Identified = Pick<Call, 'requestId'>

/** An exception that the service's model declares. */
export function modelled<E>(
  Exception: new (options: { message: string; $metadata: Metadata }) => E,
  status: number,
  call: Identified,
  message: string,
): E {
  return new Exception({ message, $metadata: metadata(status, call) })
}

interface UnmodelledOptions {
  name: string
  $fault: 'client' | 'server'
  message: string
  $metadata: Metadata
}

/** An error code that is not in the model: the SDK throws the service's base exception with that name. */
export function unmodelled<E>(
  Base: new (options: UnmodelledOptions) => E,
  name: string,
  status: number,
  call: Identified,
  message: string,
): E {
  return new Base({ name, $fault: status < 500 ? 'client' : 'server', message, $metadata: metadata(status, call) })
}

/** The wording of AWS's shape checks, without the value: it might be a secret. */
export function constraint(member: string, rule: string): string {
  return `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${rule}`
}

/**
 * What the SDK throws when the connection breaks under it: @smithy/node-http-handler renames ECONNRESET, EPIPE and
 * ETIMEDOUT to TimeoutError.
 */
export function connectionBroken(): Error {
  return Object.assign(new Error('socket hang up'), {
    name: 'TimeoutError',
    code: 'ECONNRESET',
    $metadata: { attempts: 3, totalRetryDelay: 0 },
  })
}

export function aborted(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' })
}

function metadata(status: number, call: Identified): Metadata {
  return { httpStatusCode: status, requestId: call.requestId, attempts: 1, totalRetryDelay: 0 }
}
