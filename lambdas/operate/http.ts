import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import { isFairwayError, Terminal, toFailure } from '../../domain/errors.ts'

/**
 * One request of the operations API: who asks, for what, and how that is answered. Shared by the functions behind
 * `POST /operations/{operation}`.
 */

export interface Answer {
  readonly status: number
  readonly body: object
  /** For the log, never for the caller. */
  readonly cause?: unknown
}

export interface Asking<Request> {
  readonly who: string
  readonly request: Request
}

/**
 * Below what Lambda takes, 6 MB, with room for the event around it and for the quotes in it.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const largestRequest = 4 * 1024 * 1024

/**
 * The identity that API Gateway has authenticated by signature, and nothing else: whatever the body says of who asks
 * is refused as unknown. An event without it did not come through an authorised route.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 */
export function identityOf(event: unknown): string | undefined {
  const parsed = authorised.safeParse(event)
  return parsed.success ? parsed.data.requestContext.authorizer.iam.userArn : undefined
}

/** An ARN; no control characters, because it goes on record and into commit messages. */
// oxlint-disable-next-line no-control-regex -- control characters are what is refused
const printable = /^[^\u0000-\u001f\u007f]+$/

const authorised = z.object({
  requestContext: z.object({
    authorizer: z.object({ iam: z.object({ userArn: z.string().max(2048).regex(printable) }) }),
  }),
})

/** The request, or the answer to one that is refused. */
export function readRequest<Request extends { readonly operation: string }>(
  event: APIGatewayProxyEventV2,
  schema: z.ZodType<Request>,
): Asking<Request> | Answer {
  const who = identityOf(event)
  if (who === undefined)
    return refusal(403, 'no identity: operations come through the API, signed', `POST them to /operations/{operation}`)
  const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  if (text.byteLength > largestRequest)
    return refusal(413, 'the request is larger than 4 MiB', 'give fewer files at a time')
  const body = parseJson(text.toString('utf8'))
  const parsed = schema.safeParse(body)
  if (!parsed.success) return refusal(400, `the request is not understood: ${problemsOf(parsed.error)}`)
  const request = parsed.data
  // IAM decided about the route: what it allows must be what is asked.
  if (event.routeKey !== `POST /operations/${request.operation}`) {
    return refusal(
      400,
      `the route is not that of the operation ${request.operation}`,
      `POST it to /operations/${request.operation}`,
    )
  }
  return { who, request }
}

/** Undefined, as which no schema takes it, for what is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Where and why, never the value. */
function problemsOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}

function refusal(status: number, message: string, fix?: string): Answer {
  return { status, body: { type: 'Terminal', message, ...(fix === undefined ? {} : { fix }) } }
}

/**
 * An error as its answer: what the caller can mend is 4xx, what will pass is 503, and what lies behind us is 500.
 */
export function failed(cause: unknown, requestId: string): Answer {
  if (!isFairwayError(cause)) {
    const message = `an unexpected error; the log of the function has it under ${requestId}`
    return { status: 500, body: { type: 'Terminal', message }, cause }
  }
  return { status: statusOf(cause), body: toFailure(cause), cause }
}

function statusOf(error: Error): number {
  if (error.name === 'RetryLater') return 503
  if (error.name === 'Conflict') return 409
  if (error instanceof Terminal && error.absent) return 404
  return isOfAws(error.cause) ? 500 : 400
}

/** A refusal of AWS is about the control plane's own permissions and quotas. */
function isOfAws(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && '$metadata' in cause
}

export function toApiGateway({ status, body }: Answer): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  }
}
