import type { Clock } from '../domain/effects.ts'
import { isFairwayError, RetryLater, Terminal } from '../domain/errors.ts'
import type { GitCredentials } from '../domain/git.ts'
import { reveal, type SecretValue } from '../domain/secret.ts'
import { placeOf, refusedByStatus } from './refusals.ts'

type GitService = 'git-upload-pack' | 'git-receive-pack'

export interface GitCall {
  /** Clone URL, as registered. */
  readonly url: string
  readonly service: GitService
  /** With a body the service is called; without, its refs are asked for. */
  readonly body?: Uint8Array
  /** The answer is cut off here, as `Terminal`. */
  readonly maxBytes: number
}

/** Git smart HTTP, one request: https://git-scm.com/docs/gitprotocol-http. Everything that leaves is RetryLater or Terminal. */
export interface GitRemote {
  call(call: GitCall): Promise<AsyncIterable<Uint8Array>>
}

export interface GitRemoteOptions {
  readonly credentials: GitCredentials
  readonly clock: Clock
  /** Milliseconds for one request including its answer; 60,000 when absent. */
  readonly timeout?: number
}

/**
 * The credentials go to the host of the registered URL and nowhere else: no redirect is followed. The answer's
 * text never becomes part of an error, because hosts repeat what they were sent.
 */
export function gitRemote(options: GitRemoteOptions): GitRemote {
  return {
    async call(call) {
      const { request, response } = await exchange(call, options)
      const refusal = refusedByStatus(response, call, request.password !== undefined, options.clock.now())
      if (refusal) {
        await discard(response)
        throw refusal
      }
      return body(response, call)
    },
  }
}

/** A new password for a refused one, and then once more, so that whoever makes them hears of that refusal too. */
const renewals = 2

async function exchange(call: GitCall, options: GitRemoteOptions) {
  let request = await prepare(call, options.credentials)
  let response = await send(request, call, options)
  for (let attempt = 0; attempt < renewals && response.status === 401 && request.password; attempt++) {
    const renewed = await prepare(call, options.credentials, request.password).catch(async (error: unknown) => {
      await discard(response)
      throw error
    })
    if (!renewed.password || reveal(renewed.password) === reveal(request.password)) break
    await discard(response)
    request = renewed
    response = await send(request, call, options)
  }
  return { request, response }
}

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined)
}

interface Prepared {
  readonly url: string
  readonly headers: Record<string, string>
  readonly password: SecretValue | undefined
}

async function prepare(call: GitCall, credentials: GitCredentials, refused?: SecretValue): Promise<Prepared> {
  const base = cloneUrl(call.url)
  const known = await credentials(call.url, refused)
  const suffix = call.body === undefined ? `/info/refs?service=${call.service}` : `/${call.service}`
  return {
    url: `${base.origin}${base.pathname.replace(/\/+$/, '')}${suffix}`,
    headers: {
      // Hosts decide by the prefix "git/" whether to answer a git client or a browser.
      'user-agent': 'git/fairway',
      ...(call.body === undefined
        ? {}
        : { 'content-type': `application/x-${call.service}-request`, accept: `application/x-${call.service}-result` }),
      ...(known === undefined
        ? {}
        : {
            authorization: `Basic ${Buffer.from(`${known.username}:${reveal(known.password)}`, 'utf8').toString('base64')}`,
          }),
    },
    password: known?.password,
  }
}

function cloneUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Terminal('a repository’s URL is not an http(s) URL', {
      fix: 'register the clone URL, for example https://git.example.com/team/quotes.git',
    })
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Terminal(`the URL registered for ${placeOf(text)} carries credentials, a query or a fragment`, {
      fix: 'register the plain clone URL, and give the credentials to the installation',
    })
  }
  return url
}

async function send(request: Prepared, call: GitCall, options: GitRemoteOptions): Promise<Response> {
  const attempt = () =>
    fetch(request.url, {
      method: call.body === undefined ? 'GET' : 'POST',
      headers: request.headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeout ?? 60_000),
      ...(call.body === undefined ? {} : { body: call.body as Uint8Array<ArrayBuffer> }),
    })
  try {
    return await attempt().catch((error: unknown) => {
      // A connection that was kept through a frozen function is dead: asking for refs again is harmless.
      if (call.body === undefined && isClosedConnection(error)) return attempt()
      throw error
    })
  } catch (error) {
    throw unreachable(call.url, error)
  }
}

async function* body(response: Response, call: GitCall): AsyncGenerator<Uint8Array> {
  let received = 0
  try {
    for await (const chunk of response.body ?? []) {
      received += chunk.length
      if (received > call.maxBytes) throw tooMuch(call)
      yield chunk
    }
  } catch (error) {
    throw isFairwayError(error) ? error : unreachable(call.url, error)
  }
}

function tooMuch(call: GitCall): Terminal {
  return new Terminal(`${placeOf(call.url)} sent more than the limit of ${call.maxBytes} bytes`, {
    fix: 'take large files out of the repository (Git LFS), or raise the limit of the installation',
  })
}

function unreachable(url: string, error: unknown): RetryLater {
  return new RetryLater(`${placeOf(url)} cannot be reached (${reasonOf(error)})`, { cause: error })
}

function isClosedConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(reasonOf(error))
}

/** A code such as ECONNREFUSED, or a name such as TimeoutError; never a message, which may quote headers. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const cause = error.cause instanceof Error ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}
