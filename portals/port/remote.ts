import * as z from 'zod'
import type { Clock } from '../../domain/effects.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { reveal, type SecretValue } from '../../domain/secret.ts'
import { readBounded, refusal } from './answer.ts'

export interface PortCredentials {
  readonly clientId: string
  readonly clientSecret: SecretValue
}

export interface PortOptions {
  /** `https://api.port.io`, `https://api.us.port.io`, or a stand-in. */
  readonly base: string
  /** Asked for each new token, so that a rotated secret is used without a restart. */
  readonly credentials: () => Promise<PortCredentials>
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds for one request. */
  readonly timeout?: number
  readonly fetch?: typeof fetch
}

export interface PortRequest<Answer> {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Segments, each encoded here: an id is never more than one segment. */
  readonly path: readonly string[]
  readonly query?: readonly (readonly [string, string])[]
  readonly body?: unknown
  readonly answer: z.ZodType<Answer>
  /** For messages: `read the run`. */
  readonly what: string
  /** For messages: what a person does about a refusal. */
  readonly fix?: string
}

/** One call of Port's API. Undefined when Port knows no such thing (404). */
export type PortCall = <Answer>(request: PortRequest<Answer>) => Promise<Answer | undefined>

const defaultTimeout = 10_000
/** Renewed this long before it expires, so that no request starts with a token that ends under way. */
const margin = 60_000
const token = z.object({ accessToken: z.string().min(1), expiresIn: z.number().positive().default(300) })

/**
 * Port's API over HTTPS, with its token cached until it expires. A 401 means that the token ended early: it is
 * fetched again, once. https://docs.port.io/build-your-software-catalog/custom-integration/api/
 */
export function portCall(options: PortOptions): PortCall {
  const tokens = tokenCache(options)
  return async (request) => {
    const used = tokens.get()
    let answer = await send(options, request, await used)
    if (answer.status === 401) {
      await answer.body?.cancel()
      tokens.forget(used)
      answer = await send(options, request, await tokens.get())
    }
    if (answer.ok) return parse(answer, request.answer, request.what)
    if (answer.status === 404) {
      await answer.body?.cancel()
      return undefined
    }
    throw await refusal(answer, { what: request.what, fix: request.fix, now: options.clock.now() })
  }
}

/** One request for a token, however many wait for it; a failed one is not kept. */
function tokenCache(options: PortOptions) {
  let cached: Promise<string> | undefined
  let until = 0
  const forget = (value: Promise<string>) => {
    if (cached === value) cached = undefined
  }
  return {
    forget,
    get(): Promise<string> {
      if (cached !== undefined && options.clock.now() < until) return cached
      until = Number.POSITIVE_INFINITY
      const value = fetchToken(options).then((token) => {
        until = options.clock.now() + token.life
        return token.value
      })
      cached = value
      value.catch(() => forget(value))
      return value
    },
  }
}

async function fetchToken(options: PortOptions): Promise<{ readonly value: string; readonly life: number }> {
  const { clientId, clientSecret } = await options.credentials()
  const answer = await send(options, {
    method: 'POST',
    path: ['v1', 'auth', 'access_token'],
    body: { clientId, clientSecret: reveal(clientSecret) },
  })
  if (!answer.ok) {
    const fix = 'check Port’s client id and client secret'
    throw await refusal(answer, { what: 'the credentials', fix, silent: true, now: options.clock.now() })
  }
  const { accessToken, expiresIn } = await parse(answer, token, 'to authenticate')
  const life = expiresIn * 1000
  return { value: accessToken, life: life - Math.min(margin, life / 2) }
}

async function send(
  options: PortOptions,
  request: Pick<PortRequest<unknown>, 'method' | 'path' | 'query' | 'body'>,
  bearer?: string,
): Promise<Response> {
  // The one kind of segment that encoding leaves special.
  if (request.path.some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new Terminal(`"${request.path.join('/')}" is no path of Port's API`)
  }
  const url = new URL(request.path.map(encodeURIComponent).join('/'), `${options.base.replace(/\/+$/, '')}/`)
  for (const [name, value] of request.query ?? []) url.searchParams.append(name, value)
  try {
    return await (options.fetch ?? fetch)(url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      // A redirect would carry the token to wherever it points.
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeout ?? defaultTimeout),
    })
  } catch (cause) {
    throw new RetryLater('Port did not answer', { cause })
  }
}

async function parse<Answer>(response: Response, schema: z.ZodType<Answer>, what: string): Promise<Answer> {
  const text = await readBounded(response)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new RetryLater(`Port's answer is not JSON (${what})`, { cause })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new Terminal(`Port's answer is not what its API documents (${what}): ${where}`)
}
