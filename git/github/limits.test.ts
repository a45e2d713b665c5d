import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CheckRun } from '../../domain/checks.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { githubApp } from './app.ts'
import { githubChecks } from './checks.ts'
import { appWorlds, failureOf, quotes, secret, type AppWorld } from './fixture.ts'

const open = appWorlds()
let world: AppWorld
beforeEach(async () => {
  world = await open()
})
const run: CheckRun = {
  commit: 'a'.repeat(40),
  name: 'Fairway',
  conclusion: 'success',
  title: 'ok',
  summary: 'nothing to do',
  annotations: [],
}
const check = () => githubChecks(world.app).check(quotes, run)
const isToken = (path: string) => path.endsWith('/access_tokens')

describe('GitHub’s limits and outages', () => {
  const reset = Date.UTC(2026, 10, 20, 0, 20) / 1000
  const now = Date.UTC(2026, 10, 20)

  it.each<[string, { status: number; headers?: Record<string, string>; body?: unknown }, number | undefined]>([
    [
      'the primary limit, 403',
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) } },
      reset * 1000,
    ],
    [
      'the primary limit, 429',
      { status: 429, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) } },
      reset * 1000,
    ],
    ['a secondary limit with a time', { status: 403, headers: { 'retry-after': '90' } }, now + 90_000],
    ['a secondary limit with a time, 429', { status: 429, headers: { 'retry-after': '5' } }, now + 5000],
    [
      'a secondary limit that says so in words only',
      { status: 403, body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' } },
      now + 60_000,
    ],
    ['429 without a time', { status: 429 }, now + 60_000],
    ['500', { status: 500, body: { message: 'Server Error' } }, undefined],
    ['502 with a page', { status: 502, body: '<html>Bad gateway</html>' }, undefined],
    ['503 with a time', { status: 503, headers: { 'retry-after': '30' } }, now + 30_000],
    ['408', { status: 408 }, undefined],
    ['a page of a proxy', { status: 200, body: '<html>Sign in</html>' }, undefined],
    ['an answer without what is documented', { status: 200, body: {} }, undefined],
    ['no answer at all', { status: 200 }, undefined],
    ['another kind of answer', { status: 201, body: [] }, undefined],
  ])('%s: RetryLater, not before the time that GitHub names', async (_, answer, notBefore) => {
    for (const where of [isToken, (path: string) => !isToken(path)]) {
      world.github.fault = ({ path }) => (where(path) ? answer : undefined)
      const error = await failureOf(check())
      expect(error).toBeInstanceOf(RetryLater)
      expect((error as RetryLater).notBefore).toBe(notBefore)
    }
  })

  it.each(['drop-request', 'drop-answer'] as const)('a connection that breaks (%s) is RetryLater', async (fault) => {
    world.github.fault = () => ({ fault })
    expect(await failureOf(check())).toBeInstanceOf(RetryLater)
  })

  it('nobody listening is RetryLater', async () => {
    const { url: base } = world.github
    await world.github.close()
    const app = githubApp({ base, clock: world.clock, key: async () => world.github.app, secret })
    const error = await failureOf(githubChecks(app).check(quotes, run))
    expect(error).toBeInstanceOf(RetryLater)
    expect(error.message).toContain('ECONNREFUSED')
  })

  it.each([403, 404, 410, 422])('%i without a limit is Terminal, with what GitHub says', async (status) => {
    world.github.fault = ({ method, path }) =>
      method === 'POST' && !isToken(path) ? { status, body: { message: 'No commit found for SHA' } } : undefined
    const error = await failureOf(check())
    expect(error).toBeInstanceOf(Terminal)
    expect(error.message).toContain(`${status}: No commit found for SHA`)
  })
})

describe('a token', () => {
  it('that ended early is replaced once', async () => {
    await check()
    world.clock.advance(60_000)
    world.github.endTokens()
    world.calls()
    expect(await githubChecks(world.app).check(quotes, { ...run, title: 'other' })).toBe('written')
    expect(world.calls()).toEqual([
      `GET /repos/acme/quotes/commits/${run.commit}/check-runs`,
      'POST /app/installations/11/access_tokens',
      `GET /repos/acme/quotes/commits/${run.commit}/check-runs`,
      'POST /repos/acme/quotes/check-runs',
    ])
  })

  it('that is never accepted is RetryLater, after one other', async () => {
    await check()
    world.clock.advance(60_000)
    world.calls()
    world.github.fault = ({ path }) => (isToken(path) ? undefined : { status: 401 })
    expect(await failureOf(check())).toBeInstanceOf(RetryLater)
    expect(world.calls().filter((call) => isToken(call))).toHaveLength(1)
  })

  it('knows a repository’s new name, also where an old one was kept', async () => {
    await check()
    world.clock.advance(60_000)
    await world.github.renameRepository(7, 'acme/prices')
    expect(await githubChecks(world.app).check(quotes, { ...run, title: 'other' })).toBe('written')
    expect(world.github.checkRuns(7)).toHaveLength(2)
  })

  it('does not find a pull request in a repository that took the old name', async () => {
    const checks = githubChecks(world.app)
    const pull = { number: 3, open: true, head: run.commit, base: run.commit }
    await world.github.addRepository({ installationId: 11, repositoryId: 8, fullName: 'acme/other' })
    world.github.fault = ({ path }) =>
      path.endsWith('/pulls/3')
        ? {
            status: 200,
            body: { number: 3, state: 'open', head: { sha: pull.head }, base: { sha: pull.base, repo: { id: 8 } } },
          }
        : undefined
    expect(await checks.pullRequest(quotes, 3)).toBeUndefined()
  })
})

describe('whoever answers in GitHub’s place', () => {
  let servers: Server[] = []
  afterEach(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
    servers = []
  })
  const listen = async (server: Server) => {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const failureAt = (base: string, timeout = 2000) =>
    failureOf(
      githubChecks(githubApp({ base, clock: world.clock, key: async () => world.github.app, secret, timeout })).check(
        quotes,
        run,
      ),
      world.github,
    )

  it.each([400, 401, 403, 404, 422, 500])('may repeat what it was sent (%i): no error does', async (status) => {
    const base = await listen(
      createServer(({ headers }, response) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ message: `you sent ${headers.authorization}`, headers }))
      }),
    )
    // What fails is that the error holds something of it: see `failureOf`.
    expect(await failureAt(base)).toBeInstanceOf(status === 500 ? RetryLater : Terminal)
  })

  it('may redirect to another host: the signature does not go there', async () => {
    let reached = 0
    const other = await listen(createServer((_, response) => void (reached++, response.end('{}'))))
    for (const status of [301, 302, 307, 308]) {
      const base = await listen(
        createServer((_, response) => void response.writeHead(status, { location: `${other}/x` }).end()),
      )
      await failureAt(base)
    }
    expect(reached).toBe(0)
  })

  it('may send without end: the answer is cut off', async () => {
    const base = await listen(
      createServer((_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = () => {
          while (response.write(' '.repeat(1024 * 1024)));
        }
        response.on('drain', more)
        more()
      }),
    )
    expect((await failureAt(base, 20_000)).message).toContain('sent more than')
  })

  it('may break off in the middle, or never begin: RetryLater', async () => {
    const half = await listen(
      createServer(({ socket }, response) => {
        response.writeHead(201, { 'content-type': 'application/json', 'content-length': '1000' })
        response.write('{"token": "ghs_half', () => socket.destroy())
      }),
    )
    expect(await failureAt(half)).toBeInstanceOf(RetryLater)
    const truncated = await listen(
      createServer((_, response) => {
        response.writeHead(201, { 'content-type': 'application/json' }).end('{"token": "ghs_half')
      }),
    )
    expect(await failureAt(truncated)).toBeInstanceOf(RetryLater)
    const silent = await listen(createServer(() => undefined))
    const error = await failureAt(silent, 100)
    expect(error).toBeInstanceOf(RetryLater)
    expect(error.message).toContain('TimeoutError')
  })
})
