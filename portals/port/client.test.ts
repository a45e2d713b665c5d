import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { SecretValue } from '../../domain/secret.ts'
import { portPortal } from './client.ts'

interface Seen {
  readonly call: string
  readonly authorization: string | undefined
  readonly body: unknown
}
type Script = (seen: Seen, response: ServerResponse) => void

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))
})

const start = Date.UTC(2026, 10, 20, 12)

/** A server that does as it is told; tokens are `token-1`, `token-2` and so on. */
async function port(script: Script, options: { token?: Script; timeout?: number } = {}) {
  const seen: Seen[] = []
  let tokens = 0
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const text = Buffer.concat(parts).toString()
    const one: Seen = {
      call: `${request.method} ${request.url}`,
      authorization: request.headers.authorization,
      body: text === '' ? undefined : JSON.parse(text),
    }
    seen.push(one)
    if (!one.call.includes('access_token')) return script(one, response)
    if (options.token) return options.token(one, response)
    return json(response, 200, { ok: true, accessToken: `token-${++tokens}`, expiresIn: 3600 })
  }
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const clock = { time: start, now: () => clock.time }
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const portal = portPortal({
    base,
    clock,
    credentials: async () => ({ clientId: 'id', clientSecret: new SecretValue('hunter2') }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
  })
  return { portal, seen, clock, base }
}

const run = {
  id: 'r_1',
  status: 'IN_PROGRESS',
  action: 'fairway_declare_workload',
  createdBy: 'ada@example.com',
  properties: {},
}

const answers: Script = ({ call }, response) => {
  if (call.includes('/users/'))
    return json(response, 200, { ok: true, user: { email: 'ada@example.com', teams: ['a'] } })
  return json(response, 200, { ok: true, run })
}

describe('the token', () => {
  it('is fetched once for many calls, also at the same time', async () => {
    const { portal, seen } = await port(answers)
    await Promise.all([portal.readRun('r_1'), portal.readRun('r_1'), portal.readRun('r_1')])
    expect(seen.filter(({ call }) => call.includes('access_token'))).toEqual([
      {
        call: 'POST /v1/auth/access_token',
        authorization: undefined,
        body: { clientId: 'id', clientSecret: 'hunter2' },
      },
    ])
    expect(new Set(seen.slice(1).map(({ authorization }) => authorization))).toEqual(new Set(['Bearer token-1']))
  })

  it('is fetched again before it expires', async () => {
    const { portal, seen, clock } = await port(answers)
    await portal.readRun('r_1')
    clock.time += 3600_000 - 59_000
    await portal.readRun('r_1')
    expect(seen.at(-1)?.authorization).toBe('Bearer token-2')
  })

  it('that ended early is fetched again, once, and the call repeated', async () => {
    const { portal, seen } = await port((one, response) =>
      one.authorization === 'Bearer token-1' ? json(response, 401, { ok: false }) : answers(one, response),
    )
    expect(await portal.readRun('r_1')).toMatchObject({ id: 'r_1' })
    expect(seen.filter(({ call }) => call.includes('access_token'))).toHaveLength(2)
  })

  it('that is refused although new needs a person', async () => {
    const { portal, seen } = await port((_one, response) => json(response, 401, { ok: false }))
    await expect(portal.readRun('r_1')).rejects.toBeInstanceOf(Terminal)
    expect(seen).toHaveLength(4)
  })

  it('wrong credentials need a person, and are not told', async () => {
    const token: Script = ({ body }, response) => json(response, 401, { ok: false, message: JSON.stringify(body) })
    const { portal } = await port(answers, { token })
    const error = await portal.readRun('r_1').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'Terminal', fix: expect.stringContaining('client secret') })
    expect(String(error)).not.toContain('hunter2')
  })

  it('a failed attempt is not kept', async () => {
    let down = true
    const token: Script = (_one, response) =>
      down ? json(response, 503, {}) : json(response, 200, { accessToken: 'late', expiresIn: 60 })
    const { portal } = await port(answers, { token })
    await expect(portal.readRun('r_1')).rejects.toBeInstanceOf(RetryLater)
    down = false
    expect(await portal.readRun('r_1')).toMatchObject({ id: 'r_1' })
  })
})

describe('what may pass is tried again later, what cannot needs a person', () => {
  it.each([
    ['retry-after in seconds', 429, { 'retry-after': '7' }, start + 7000],
    ['retry-after as a date', 429, { 'retry-after': new Date(start + 9000).toUTCString() }, start + 9000],
    ['x-ratelimit-reset in seconds', 429, { 'x-ratelimit-reset': '120' }, start + 120_000],
    ['x-ratelimit-reset as a time', 429, { 'x-ratelimit-reset': String(start / 1000 + 30) }, start + 30_000],
    ['nothing named', 429, {}, undefined],
    ['an outage', 502, {}, undefined],
    ['maintenance with a time', 503, { 'retry-after': '60' }, start + 60_000],
  ])('%s: RetryLater', async (_name, status, headers, notBefore) => {
    const { portal } = await port((_one, response) => json(response, status, { ok: false }, headers))
    const error = await portal.readRun('r_1').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RetryLater)
    expect((error as RetryLater).notBefore).toBe(notBefore)
  })

  it('nobody listening, and nobody answering in time: RetryLater', async () => {
    const refused = portPortal({
      base: 'http://127.0.0.1:1',
      clock: { now: () => start },
      credentials: async () => ({ clientId: 'id', clientSecret: new SecretValue('x') }),
    })
    await expect(refused.readRun('r_1')).rejects.toBeInstanceOf(RetryLater)
    const { portal } = await port(() => undefined, { timeout: 50 })
    await expect(portal.readRun('r_1')).rejects.toBeInstanceOf(RetryLater)
  })

  it('an answer that breaks off, or is no JSON: RetryLater', async () => {
    const broken = await port((_one, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
      setImmediate(() => response.destroy())
    })
    await expect(broken.portal.readRun('r_1')).rejects.toBeInstanceOf(RetryLater)
    const page = await port((_one, response) => void response.end('<html>'))
    await expect(page.portal.readRun('r_1')).rejects.toBeInstanceOf(RetryLater)
  })

  it('another shape than documented: Terminal, naming the member', async () => {
    const { portal } = await port((_one, response) => json(response, 200, { ok: true, run: { ...run, status: 5 } }))
    await expect(portal.readRun('r_1')).rejects.toMatchObject({
      name: 'Terminal',
      message: expect.stringContaining('run.status'),
    })
  })

  it('another run than was asked for: Terminal', async () => {
    const { portal } = await port((_one, response) => json(response, 200, { ok: true, run: { ...run, id: 'r_2' } }))
    await expect(portal.readRun('r_1')).rejects.toMatchObject({
      name: 'Terminal',
      message: 'Port answered with another run than r_1',
    })
  })

  it('an endless answer is not read to its end', async () => {
    const { portal } = await port((_one, response) => {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 'x')));
      }
      response.on('drain', more)
      more()
    })
    await expect(portal.readRun('r_1')).rejects.toMatchObject({ name: 'Terminal' })
  })

  it('a redirect is not followed: the token goes nowhere else', async () => {
    const elsewhere = await port(answers)
    const { portal } = await port((_one, response) => json(response, 302, {}, { location: `${elsewhere.base}v1/x` }))
    await expect(portal.readRun('r_1')).rejects.toBeInstanceOf(Terminal)
    expect(elsewhere.seen).toEqual([])
  })

  it('a refusal says what Port said, on one line', async () => {
    const { portal } = await port((_one, response) =>
      json(response, 422, { ok: false, error: 'invalid_request', message: 'phase\nmust be one of' }),
    )
    const upsert = portal.upsert({ blueprint: 'b', identifier: 'i', title: 't', properties: {}, relations: {} })
    await expect(upsert).rejects.toMatchObject({
      name: 'Terminal',
      message: 'Port refused the entity b i: 422 (invalid_request, phase must be one of)',
      fix: expect.stringContaining('blueprints'),
    })
  })

  it('a blueprint that Port does not know: Terminal, with the way to create it', async () => {
    const { portal } = await port((_one, response) => json(response, 404, { ok: false }))
    await expect(
      portal.upsert({ blueprint: 'b', identifier: 'i', title: 't', properties: {}, relations: {} }),
    ).rejects.toMatchObject({ name: 'Terminal', message: 'Port knows no blueprint b', fix: expect.any(String) })
  })
})

describe('who made a run', () => {
  it.each([
    ['an e-mail address', 'Ada@example.com', { user: { email: 'ada@example.com', teams: ['a', 'b'] } }, ['a', 'b']],
    [
      'an e-mail address, teams as objects',
      'ada@example.com',
      { user: { email: 'ada@example.com', teams: [{ name: 'a' }] } },
      ['a'],
    ],
    ['a user id', 'auth0|1', { users: [{ id: 'auth0|1', email: 'ada@example.com', teams: [{ name: 'a' }] }] }, ['a']],
    [
      'a user id that only begins like another',
      'auth0|1',
      { users: [{ id: 'auth0|12', email: 'x@example.com', teams: ['a'] }] },
      [],
    ],
    ['an answer about somebody else', 'ada@example.com', { user: { email: 'eve@example.com', teams: ['a'] } }, []],
    ['nobody', null, { users: [{ id: null, email: 'x@example.com', teams: ['a'] }] }, []],
  ])('%s: the teams are Port’s', async (_name, createdBy, user, teams) => {
    const { portal } = await port(({ call }, response) =>
      json(response, 200, call.includes('/users') ? { ok: true, ...user } : { ok: true, run: { ...run, createdBy } }),
    )
    expect(await portal.readRun('r_1')).toMatchObject({ teams })
  })

  it('a run without one costs no look-up', async () => {
    const { portal, seen } = await port((_one, response) => json(response, 200, { run: { ...run, createdBy: null } }))
    expect(await portal.readRun('r_1')).toMatchObject({ initiator: '', teams: [] })
    expect(seen).toHaveLength(2)
  })

  it.each(['SUCCESS', 'FAILURE', 'WAITING_FOR_APPROVAL', 'DECLINED'])(
    'a run that is %s is not open',
    async (status) => {
      const { portal } = await port(({ call }, response) =>
        call.includes('/users')
          ? answers({ call, authorization: '', body: '' }, response)
          : json(response, 200, { run: { ...run, status } }),
      )
      expect(await portal.readRun('r_1')).toMatchObject({ finished: true })
    },
  )
})

it('an id is one segment of a path, whatever it looks like', async () => {
  const { portal, seen } = await port((_one, response) => json(response, 404, {}))
  await portal.readRun('../users/a?b#c')
  expect(seen.at(-1)?.call).toBe('GET /v1/actions/runs/..%2Fusers%2Fa%3Fb%23c?version=v2')
  await expect(portal.readRun('..')).rejects.toBeInstanceOf(Terminal)
  await expect(portal.readRun('')).rejects.toBeInstanceOf(Terminal)
})

it('an answer is the log, then the status that ends the run', async () => {
  const { portal, seen } = await port((_one, response) => json(response, 200, { ok: true }))
  await portal.answer('r_1', { outcome: 'SUCCESS', label: 'Ready', log: ['one', 'two'], link: 'https://x.example' })
  expect(seen.slice(1).map(({ call, body }) => [call, body])).toEqual([
    ['POST /v1/actions/runs/r_1/logs', { message: 'one\ntwo' }],
    ['PATCH /v1/actions/runs/r_1', { status: 'SUCCESS', statusLabel: 'Ready', link: 'https://x.example' }],
  ])
})

it('a refused answer to a run that is still open is told', async () => {
  const { portal } = await port(({ call }, response) =>
    call.startsWith('GET') ? json(response, 200, { ok: true, run }) : json(response, 422, { ok: false }),
  )
  await expect(portal.answer('r_1', { outcome: 'SUCCESS', label: 'Ready', log: [] })).rejects.toBeInstanceOf(Terminal)
})

it('an entity is merged into what is there, and what it refers to is made along', async () => {
  const { portal, seen } = await port((_one, response) => json(response, 200, { ok: true }))
  await portal.upsert({
    blueprint: 'fairway_workload',
    identifier: 'a/b',
    title: 'a/b',
    properties: { phase: 'Ready' },
    relations: { system: 'a' },
  })
  expect(seen.at(-1)).toMatchObject({
    call: 'POST /v1/blueprints/fairway_workload/entities?upsert=true&merge=true&create_missing_related_entities=true',
    body: { identifier: 'a/b', title: 'a/b', properties: { phase: 'Ready' }, relations: { system: 'a' } },
  })
})

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
