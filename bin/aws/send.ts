import type { Clock, Random } from '../../domain/effects.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import type { Asked, Operated } from '../../flow/operations/model.ts'
import { readAnswer } from '../../lambdas/operate/answers.ts'
import { Unreachable } from '../commands/exit.ts'
import type { Session } from './credentials.ts'
import { explainRefusal } from './refusal.ts'
import { signedHeaders } from './sign.ts'

export interface Sending {
  readonly session: Session
  /** Where operations begin, as the stack says it. */
  readonly base: URL
  readonly clock: Clock
  readonly random: Random
  /** Told why it takes longer. */
  readonly note: (line: string) => void
}

const tries = 5
const firstPause = 500
/** A little more than API Gateway waits for the function. */
const patience = 35_000

/**
 * Carries out an operation through the API. Every operation may be sent twice: what was done already is found done. So
 * what may pass (throttling, outages, lost connections) is tried again.
 */
export async function send(sending: Sending, request: Asked): Promise<Operated> {
  const { clock, random, note } = sending
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await once(sending, request)
    if ('result' in outcome) return outcome
    if (attempt === tries) {
      throw new Unreachable(`${outcome.again}, ${tries} times`, {
        cause: outcome.cause,
        fix: 'try again later; what was asked for may have been done',
      })
    }
    const pause = firstPause * 2 ** attempt * (0.5 + random.fraction() / 2)
    note(`${outcome.again}; trying again in ${(pause / 1000).toFixed(1)} s (${attempt + 1} of ${tries})`)
    await clock.sleep(pause)
  }
}

interface Again {
  readonly again: string
  readonly cause?: unknown
}

async function once(sending: Sending, request: Asked): Promise<Operated | Again> {
  const { session, base, clock } = sending
  const url = new URL(`${base.pathname.replace(/\/$/, '')}/operations/${request.operation}`, base)
  const body = JSON.stringify(request)
  const credentials = await session.credentials()
  const headers = await signedHeaders(url, body, { region: session.region, credentials, at: new Date(clock.now()) })
  const signal = AbortSignal.timeout(patience)
  let answer: Response
  let text: string
  try {
    // Not to where a redirect leads: the signature is for this host.
    answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' })
    text = await answer.text()
  } catch (cause) {
    return { again: `${url.host} does not answer${reasonOf(cause)}`, cause }
  }
  const read = readOrAgain(answer.status, text)
  if (read !== undefined) return read
  if (answer.status === 429) return { again: 'too many requests' }
  if (answer.status >= 500) return { again: `the control plane answered ${answer.status}` }
  throw await explainRefusal(sending, request.operation, answer)
}

/** Undefined when the function behind the API was not what answered. */
function readOrAgain(status: number, text: string): Operated | Again | undefined {
  try {
    return readAnswer(text)
  } catch (error) {
    if (error instanceof RetryLater) return { again: error.message, cause: error }
    if (error instanceof Terminal && status >= 500) {
      throw new Unreachable(error.message, error.fix === undefined ? {} : { fix: error.fix })
    }
    throw error
  }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error instanceof Error ? error : new Error(String(error))
  if (name === 'TimeoutError') return ` within ${patience / 1000} s`
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  return typeof code === 'string' ? ` (${code})` : ''
}
