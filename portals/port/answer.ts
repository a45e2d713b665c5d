import * as z from 'zod'
import { RetryLater, Terminal } from '../../domain/errors.ts'

/** Larger than a listing of 20,000 users with their teams. */
const maxBytes = 8 * 1024 * 1024

/** The body as text, never more than a bound of it in memory. */
export async function readBounded(response: Response, limit = maxBytes): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response.body ?? []) {
      size += part.byteLength
      if (size > limit) break
      parts.push(part)
    }
  } catch (cause) {
    throw new RetryLater('Port’s answer broke off', { cause })
  }
  if (size > limit) throw new Terminal(`Port’s answer is larger than ${limit} bytes`)
  return Buffer.concat(parts).toString('utf8')
}

const problem = z.object({ error: z.string().optional(), message: z.string().optional() })

/** What to do about an answer that is no success: throttling and outages pass, anything else needs a person. */
export async function refusal(
  response: Response,
  about: { readonly what: string; readonly fix?: string | undefined; readonly silent?: true; readonly now: number },
): Promise<RetryLater | Terminal> {
  const { status } = response
  const notBefore = retryTime(response.headers, about.now)
  const later = notBefore === undefined ? {} : { notBefore }
  if (status === 429) return new RetryLater(`Port throttles (${about.what})`, later)
  if (status >= 500 || status === 408) return new RetryLater(`Port answered ${status} (${about.what})`, later)
  const reason = about.silent ? '' : await reasonOf(response)
  return new Terminal(
    `Port refused ${about.what}: ${status}${reason}`,
    about.fix === undefined ? {} : { fix: about.fix },
  )
}

/**
 * Epoch milliseconds before which another request is pointless. `x-ratelimit-reset` is documented as seconds until
 * the reset, and was as epoch seconds before; the two cannot be confused.
 * https://docs.port.io/api-reference/rate-limits/ and RFC 9110 10.2.3
 */
export function retryTime(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after')
  if (after !== null) {
    const time = /^\d+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after)
    if (!Number.isNaN(time)) return time
  }
  const reset = headers.get('x-ratelimit-reset')
  if (reset === null || !/^\d+$/.test(reset)) return undefined
  const seconds = Number(reset)
  return seconds > 1_000_000_000 ? seconds * 1000 : now + seconds * 1000
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error, message } = problem.parse(JSON.parse(await readBounded(response, 64 * 1024)))
    const text = [error, message]
      .filter(Boolean)
      .join(', ')
      .replace(/\p{Cc}+/gu, ' ')
    return text === '' ? '' : ` (${text.slice(0, 500)})`
  } catch {
    return ''
  }
}
