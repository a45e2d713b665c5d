import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { VerifyApp } from './app.ts'
import type { GitHubState, RepositoryState, TokenState } from './state.ts'

export interface GitHubCall {
  readonly method: string
  /** Below the API's base: `/repos/acme/quotes/check-runs`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Parsed JSON; undefined when there was none. */
  readonly body: unknown
  readonly status: number
  readonly answer: unknown
  /** The answer is that of a fault. */
  readonly faulty: boolean
}

export type GitHubFault =
  /** An answer instead of the operation; a text is sent as a page. */
  | {
      readonly fault?: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: unknown
    }
  /** The connection breaks before anything is done. */
  | { readonly fault: 'drop-request' }
  /** It is done, and nobody hears of it. */
  | { readonly fault: 'drop-answer' }

export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface AppOperation {
  readonly state: GitHubState
  readonly parameters: readonly string[]
  readonly query: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

export interface Operation extends AppOperation {
  /** The one that the path names, and that the token is for. */
  readonly repository: RepositoryState
}

/** With the App's own signature; or with a token for the repository, which has this permission. */
export type Route = { readonly method: string; readonly pattern: RegExp } & (
  | { readonly needs: 'app'; readonly operation: (operation: AppOperation) => Answer }
  | {
      readonly needs: readonly [permission: string, access: 'read' | 'write']
      readonly operation: (operation: Operation) => Answer
    }
)

const base = '/api/v3'
/** Beside the REST API's version, as on GitHub Enterprise Server. */
export const graphqlPath = '/graphql'

/** Undefined: not the API, so git. */
export function apiPath(request: IncomingMessage): string | undefined {
  const url = request.url ?? '/'
  if (url === `/api${graphqlPath}`) return graphqlPath
  return url.startsWith(`${base}/`) ? url.slice(base.length) : undefined
}

export async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return parts.length === 0 ? undefined : (JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown)
}

export function answerOf(
  routes: readonly Route[],
  { state, verify }: { readonly state: GitHubState; readonly verify: VerifyApp },
  call: Pick<GitHubCall, 'method' | 'path' | 'query' | 'body'>,
  headers: IncomingHttpHeaders,
): Answer {
  const route = routes.find(({ method, pattern }) => method === call.method && pattern.test(call.path))
  if (route === undefined) return refusal(404, 'Not Found')
  const parameters = (route.pattern.exec(call.path) ?? []).slice(1).map(decodeURIComponent)
  const bearer = bearerOf(headers)
  const body = (call.body ?? {}) as Record<string, unknown>
  const operation = { state, parameters, query: call.query, body }
  if (route.needs === 'app') {
    if (!verify(bearer)) return refusal(401, 'A JSON web token could not be decoded')
    return route.operation(operation)
  }
  const token = state.token(bearer)
  if (token === undefined) return refusal(401, 'Bad credentials')
  const [owner = '', name = ''] = parameters
  const repository = state.named(`${owner}/${name}`)
  if (repository === undefined) return redirect(state, `${owner}/${name}`, call.path)
  if (!token.repositories.includes(repository)) return refusal(404, 'Not Found')
  if (!allows(token.permissions, ...route.needs)) return refusal(403, 'Resource not accessible by integration')
  return route.operation({ ...operation, repository })
}

export function bearerOf(headers: IncomingHttpHeaders): string {
  return /^(?:bearer|token) (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
}

export function allows(permissions: TokenState['permissions'], permission: string, access: string): boolean {
  const granted = permissions[permission]
  return granted === 'write' || granted === access
}

export function refusal(status: number, message: string): Answer {
  return { status, body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) } }
}

/** As GitHub does for a renamed repository: to its id, with 307 where the body has to come along. */
export function redirect(state: GitHubState, fullName: string, path: string): Answer {
  const repository = state.movedFrom(fullName)
  if (repository === undefined) return refusal(404, 'Not Found')
  const rest = path.split('/').slice(4).join('/')
  const url = `${state.api()}/repositories/${repository.id}/${rest}`
  const body = { message: 'Moved Permanently', url, documentation_url: 'https://docs.github.com/rest' }
  return { status: 301, body, headers: { location: url } }
}

export function write(response: ServerResponse, { status, body, headers = {} }: Answer, state: GitHubState): void {
  const page = typeof body === 'string'
  response.writeHead(status, {
    'content-type': page ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(Math.floor(state.now() / 1000) + 3600),
    'x-github-request-id': `FA17:${state.nextId()}`,
    ...headers,
  })
  response.end(page ? body : body === undefined ? undefined : JSON.stringify(body))
}
