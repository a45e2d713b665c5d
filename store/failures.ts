import { Conflict, RetryLater, Terminal, isFairwayError } from '../domain/errors.ts'

/** DynamoDB answers these with status 400 although the same call may succeed later. */
const passing: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'InternalServerError',
  // Refreshed by the credential provider before the next try.
  'ExpiredTokenException',
])

const fixes: Readonly<Record<string, string>> = {
  ResourceNotFoundException: 'create the table, or configure its right name and region',
  AccessDeniedException: 'allow this function to use the table and its indexes',
}

/** Runs one call of the SDK; what leaves is RetryLater, Conflict or Terminal. */
export async function translated<Output>(what: string, call: () => Promise<Output>): Promise<Output> {
  try {
    return await call()
  } catch (error) {
    throw translate(what, error)
  }
}

function translate(what: string, error: unknown): Error {
  if (isFairwayError(error)) return error
  const { name, status } = describe(error)
  if (name === 'ConditionalCheckFailedException')
    return new Conflict(`${what}: somebody else wrote first`, { cause: error })
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408
  if (!refused || passing.has(name)) {
    return new RetryLater(`${what}: DynamoDB did not do it this time (${name})`, { cause: error })
  }
  const fix = fixes[name]
  return new Terminal(`${what}: DynamoDB refused it (${name})`, { cause: error, ...(fix ? { fix } : {}) })
}

/** Without a status there was no answer: the network, or no credentials yet. */
function describe(error: unknown): { name: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: 'unknown error', status: undefined }
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata
  return { name: error.name, status: metadata?.httpStatusCode }
}

/** How often the SDK sent the call that failed: more than once means that an earlier answer may be lost. */
export function attemptsOf(error: unknown): number {
  const cause = error instanceof Error ? error.cause : undefined
  return (cause as { $metadata?: { attempts?: number } } | undefined)?.$metadata?.attempts ?? 1
}
