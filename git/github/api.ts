import { request as octokit } from '@octokit/request'
import type * as z from 'zod'
import type { Clock } from '../../domain/effects.ts'
import { isFairwayError, RetryLater, Terminal } from '../../domain/errors.ts'
import { reveal, type SecretValue } from '../../domain/secret.ts'
import { reasonOf } from '../remote.ts'
import { Refusal, refusedByStatus } from './answer.ts'

export interface GitHubApiOptions {
  /** `https://api.github.com`; `https://<host>/api/v3` for GitHub Enterprise Server. */
  readonly base: string
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds for one request including its answer; 10,000 when absent. */
  readonly timeout?: number
}

export interface GitHubRequest<Answer> {
  /** As GitHub documents it: `GET /repos/{owner}/{repo}/pulls/{pull_number}`. */
  readonly route: string
  /** For the path, then the query or the body. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly answer: z.ZodType<Answer>
  /** For messages: `to read the pull request`. */
  readonly what: string
}

/** Throws RetryLater, Terminal, or Refusal, which the caller translates. */
export type GitHubApi = <Answer>(request: GitHubRequest<Answer>, authorization: SecretValue) => Promise<Answer>

/** A page of check runs, with summaries of 64 KB, is the largest answer that is asked for. */
const maxBytes = 8 * 1024 * 1024

/**
 * One request, one answer, and nothing tried again: who calls knows what may be repeated. No redirect is followed, the
 * token would go along. Octokit's errors carry the request with its headers, so none of them is kept.
 */
export function githubApi(options: GitHubApiOptions): GitHubApi {
  const send = octokit.defaults({
    baseUrl: options.base.replace(/\/+$/, ''),
    headers: { 'user-agent': 'fairway', 'x-github-api-version': '2022-11-28' },
  })
  return async (request, authorization) => {
    const token = reveal(authorization)
    try {
      const { data } = await send(request.route, {
        ...request.parameters,
        headers: { authorization: `Bearer ${token}` },
        request: {
          fetch: fetching(options, token, request.what),
          redirect: 'manual',
          signal: AbortSignal.timeout(options.timeout ?? 10_000),
          // Its only line warns of deprecations, past the function's log.
          log: { warn: () => undefined },
        },
      })
      return parsed(data, request)
    } catch (error) {
      throw causeOf(error) ?? new RetryLater(`GitHub’s answer could not be read (${request.what})`)
    }
  }
}

/** What octokit calls: the answer whole and bounded, or the error itself. */
function fetching(options: GitHubApiOptions, token: string, what: string): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init).catch((error: unknown) => {
      throw unreachable(what, error)
    })
    const text = await bounded(response, what)
    // Whoever answers in GitHub's place may repeat what it was sent.
    const quotable = text.includes(token) ? '' : text
    const refusal = refusedByStatus(response, quotable, what, options.clock.now())
    if (refusal) throw refusal
    return new Response(text, { status: response.status, headers: response.headers })
  }
}

async function bounded(response: Response, what: string): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response.body ?? []) {
      size += part.byteLength
      if (size > maxBytes) {
        throw new Terminal(`GitHub sent more than ${maxBytes} bytes (${what})`, {
          fix: 'check what answers at the address of GitHub’s API',
        })
      }
      parts.push(part)
    }
  } catch (error) {
    throw isFairwayError(error) ? error : unreachable(what, error)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** A page of a proxy, or half an answer, is an outage like any other. */
function parsed<Answer>(data: unknown, { answer, what }: GitHubRequest<Answer>): Answer {
  const found = answer.safeParse(data)
  if (found.success) return found.data
  const where = found.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new RetryLater(`GitHub’s answer is not what its API documents (${what}): ${where.join('; ')}`)
}

function unreachable(what: string, error: unknown): RetryLater {
  return new RetryLater(`GitHub cannot be reached (${what}; ${reasonOf(error)})`)
}

/** Octokit wraps what its `fetch` throws. */
function causeOf(error: unknown): unknown {
  const known = (one: unknown) => isFairwayError(one) || one instanceof Refusal
  return known(error) ? error : error instanceof Error && known(error.cause) ? error.cause : undefined
}
