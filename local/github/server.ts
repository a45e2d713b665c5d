import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, systemRandom, type Clock, type Random } from '../../domain/effects.ts'
import type { SecretValue } from '../../domain/secret.ts'
import { createBareRepository, gitHandler } from '../git.ts'
import { makeApp } from './app.ts'
import { gitAccess } from './gitaccess.ts'
import { answerGraphQl } from './graphql.ts'
import { headOf, pointRef } from './gitrefs.ts'
import { answerOf, apiPath, graphqlPath, readBody, type GitHubCall, type GitHubFault, write } from './http.ts'
import { routes } from './routes.ts'
import { gitHubState, type CheckRunState, type GitHubState } from './state.ts'

/**
 * A GitHub of one App: the calls that Fairway makes, and git over HTTP at the same origin, as on GitHub Enterprise
 * Server. Tokens are checked for their repository, permissions and end.
 *
 *     const github = await startGitHub({ repositories: directory })
 *     FAIRWAY_GITHUB_URL = github.url; the secret `github` = JSON of { appId, privateKey: reveal(privateKey) }
 *     const url = await github.addRepository({ installationId: 1, repositoryId: 7, fullName: 'acme/quotes' })
 *     // commit into join(directory, 'acme/quotes.git') with git itself, on a branch of its own
 *     await github.addPullRequest(7, { number: 3, head: '<commit>', base: '<commit>' })
 *     github.checkRuns(7) // what stands there, oldest first
 *     github.calls        // every call of the API, in order, with its answer
 *     github.fault = (call) => (call.method === 'POST' ? { status: 503 } : undefined)
 */
export interface LocalGitHub {
  /** Base URL of the API. */
  readonly url: string
  /** Origin of pages and clone URLs. */
  readonly host: string
  readonly app: { readonly appId: string; readonly privateKey: SecretValue }
  readonly calls: GitHubCall[]
  /** Asked before each call of the API. */
  fault: ((call: Pick<GitHubCall, 'method' | 'path' | 'query' | 'body'>) => GitHubFault | undefined) | undefined
  /** Returns its clone URL. With `repositories`, the bare repository is made unless it is there. */
  addRepository(repository: {
    readonly installationId: number
    readonly repositoryId: number
    readonly fullName: string
  }): Promise<string>
  /** The old name redirects, until another repository takes it. */
  renameRepository(repositoryId: number, fullName: string): Promise<void>
  /** Public from now on: anybody may clone it. */
  openToAll(repositoryId: number): void
  /** Also changes one. With `repositories`, `refs/pull/<number>/head` stands for the head, which must be there. */
  addPullRequest(
    repositoryId: number,
    pull: { readonly number: number; readonly head: string; readonly base: string; readonly open?: boolean },
  ): Promise<void>
  /** The App may do only this from now on; `checks: 'write'` and so on. Everything it needs when never called. */
  permit(installationId: number, permissions: Readonly<Record<string, string>>): void
  /** The installation is taken away, and with it its tokens. */
  uninstall(installationId: number): void
  /** All tokens end at once, an hour early. */
  endTokens(): void
  checkRuns(repositoryId: number): readonly CheckRunState[]
  close(): Promise<void>
}

export interface LocalGitHubOptions {
  /** Directory of bare repositories, `<owner>/<name>.git`. Without it no git is served. */
  readonly repositories?: string
  readonly port?: number
  /** Head of the default branch, by full name, where it is not that of the bare repository. */
  readonly heads?: (fullName: string) => Promise<string | undefined>
  /** For the end of tokens and for rate limits; the App's own signature is always of the real time. */
  readonly clock?: Pick<Clock, 'now'>
  readonly random?: Pick<Random, 'bytes'>
}

export async function startGitHub(options: LocalGitHubOptions = {}): Promise<LocalGitHub> {
  const { clock = systemClock, random = systemRandom, repositories } = options
  const { appId, privateKey, verify } = makeApp()
  const state = gitHubState({ clock, random, appId })
  const git =
    repositories === undefined
      ? undefined
      : gitHandler({ root: repositories, intercept: (operation) => gitAccess(state, operation) })

  const heads =
    options.heads ??
    (async (fullName: string) =>
      repositories === undefined ? undefined : headOf(join(repositories, `${fullName}.git`)))

  const server = createServer((request, response) => {
    const path = apiPath(request)
    const served = path === undefined ? git?.handle(request, response) : serve(request, response, path)
    if (served === undefined) response.writeHead(404).end()
    else served.catch(() => response.destroy())
  })
  const serve = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const call = { method: request.method ?? 'GET', ...split(path), body: await readBody(request) }
    const fault = github.fault?.(call)
    if (fault?.fault === 'drop-request') return void response.destroy()
    const faulty = fault !== undefined && 'status' in fault
    const answered = () =>
      call.path === graphqlPath
        ? answerGraphQl(state, call.body, request.headers, heads)
        : answerOf(routes, { state, verify }, call, request.headers)
    const answer = faulty ? fault : await answered()
    github.calls.push({ ...call, status: answer.status, answer: answer.body, faulty })
    if (fault?.fault === 'drop-answer') return void response.destroy()
    write(response, answer, state)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  state.host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const github: LocalGitHub = {
    url: state.api(),
    host: state.host,
    app: { appId, privateKey },
    calls: [],
    fault: undefined,
    ...changes(state, repositories),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, git?.close()])
    },
  }
  return github
}

function changes(state: GitHubState, directory: string | undefined) {
  const pathOf = (fullName: string) => join(directory ?? '', `${fullName}.git`)
  return {
    async addRepository(repository: Parameters<LocalGitHub['addRepository']>[0]) {
      const { url } = state.addRepository(repository)
      if (directory !== undefined) await createBareRepository(directory, repository.fullName)
      return url
    },
    async renameRepository(repositoryId: number, fullName: string) {
      const old = state.renameRepository(repositoryId, fullName)
      if (directory !== undefined) await rename(pathOf(old), pathOf(fullName))
    },
    async addPullRequest(repositoryId: number, pull: Parameters<LocalGitHub['addPullRequest']>[1]) {
      const repository = state.addPullRequest(repositoryId, { open: true, ...pull })
      if (directory !== undefined) {
        await pointRef(pathOf(repository.fullName), `refs/pull/${pull.number}/head`, pull.head)
      }
    },
    openToAll: state.openToAll,
    permit: state.permit,
    uninstall: state.uninstall,
    endTokens: state.endTokens,
    checkRuns: (repositoryId: number) => state.repository(repositoryId)?.checkRuns ?? [],
  }
}

function split(path: string): { readonly path: string; readonly query: Readonly<Record<string, string>> } {
  const url = new URL(path, 'http://github')
  return { path: url.pathname, query: Object.fromEntries(url.searchParams) }
}
