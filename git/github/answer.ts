import { type FairwayError, RetryLater } from '../../domain/errors.ts'
import { retryAt } from '../refusals.ts'

/** GitHub said no, and said it to us: what that means depends on what was asked. Never leaves git/github/. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** "If no time is named, wait at least a minute": https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit */
const pause = 60_000

/** Undefined for an answer of the operation itself. `text` is the answer's, `now` in epoch milliseconds. */
export function refusedByStatus(
  { status, headers }: { readonly status: number; readonly headers: Headers },
  text: string,
  what: string,
  now: number,
): FairwayError | Refusal | undefined {
  if (status >= 200 && status < 300) return undefined
  const named = retryAt(headers, now)
  if (status === 408 || status >= 500) {
    return new RetryLater(`GitHub answered ${status} (${what})`, named === undefined ? {} : { notBefore: named })
  }
  const limited =
    status === 429 || (status === 403 && (named !== undefined || /rate limit|abuse detection/i.test(text)))
  if (limited) {
    const notBefore = named ?? now + pause
    return new RetryLater(`GitHub’s rate limit is reached (${what}); it ends at ${new Date(notBefore).toISOString()}`, {
      notBefore,
    })
  }
  return new Refusal(status, messageOf(text))
}

/** What GitHub says in one line: for a person who reads why. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown }
    return typeof message === 'string' ? message.replaceAll(/[\p{C}\s]+/gu, ' ').slice(0, 200) : ''
  } catch {
    return ''
  }
}
