import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemRandom } from '../domain/effects.ts'
import { SecretValue } from '../domain/secret.ts'
import declare from '../examples/portal/port/declare-workload.action.json' with { type: 'json' }
import retire from '../examples/portal/port/retire-workload.action.json' with { type: 'json' }
import rotate from '../examples/portal/port/rotate-credentials.action.json' with { type: 'json' }
import { intake } from '../flow/intake/intake.ts'
import { installation, keys, now } from '../test/intake/fixture.ts'
import { createCounter } from './counts.ts'
import { openLocalPortal } from './portal.ts'

const inputs = { name: 'quotes', system: 'policy-admin', type: 'worker', environments: ['dev'] }

let directory: string
const cleanups: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portal-'))
})
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))
  await rm(directory, { recursive: true, force: true })
})

/** The portal, and an installation that its webhooks reach over HTTP. */
async function open(options: { webhook?: string } = {}) {
  const fairway = installation()
  const counter = createCounter()
  const portal = await openLocalPortal({
    directory,
    clientId: 'client',
    clientSecret: new SecretValue(keys.port),
    actions: [declare, retire, rotate],
    users: [{ id: 'auth0|ada', email: 'ada@example.com', teams: ['quotes-team'] }],
    webhook: () => options.webhook ?? `${base}/webhooks/port`,
    clock: { now: () => now },
    random: systemRandom,
    counter,
  })
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v1/')) return portal.handle(request, response)
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
      const body = Buffer.concat(parts)
      void intake(fairway.ports, { method, path, headers: flat, body }).then(({ status }) => {
        response.writeHead(status).end()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const call = async (method: string, path: string, body?: unknown, token?: string) => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const token = async () => {
    const answer = await call('POST', '/v1/auth/access_token', { clientId: 'client', clientSecret: keys.port })
    return String(answer.body['accessToken'])
  }
  return { portal, fairway, counter, call, token }
}

describe('a run', () => {
  it('that somebody makes is delivered, signed, in the form that intake takes', async () => {
    const { portal, fairway } = await open()
    const { run, webhook } = await portal.execute('fairway_declare_workload', inputs, 'ada@example.com')
    expect(webhook).toBe(202)
    expect(fairway.events).toEqual([
      { type: 'SourceChanged', detail: { source: 'port', reason: 'form', delivery: run } },
    ])
  })

  it('that is delivered again is the same delivery', async () => {
    const { portal, fairway } = await open()
    const { run } = await portal.execute('fairway_retire_workload', { workload: 'a/b' }, 'ada@example.com')
    expect(await portal.redeliver(run)).toEqual({ run, webhook: 202 })
    expect(fairway.events).toHaveLength(1)
    expect(await portal.redeliver('r_nobody')).toEqual({ run: 'r_nobody' })
  })

  it('that nobody takes stays in progress', async () => {
    const { portal } = await open({ webhook: 'http://127.0.0.1:1/' })
    const { run, webhook } = await portal.execute('fairway_declare_workload', inputs, 'ada@example.com')
    expect(webhook).toBeUndefined()
    expect(portal.state.runs[run]?.status).toBe('IN_PROGRESS')
  })

  it('made over HTTP is answered as Port answers, and checked against the form', async () => {
    const { call, token } = await open()
    const bearer = await token()
    const path = '/v1/actions/fairway_declare_workload/runs?run_as=ada@example.com'
    expect(await call('POST', path, { properties: inputs }, bearer)).toMatchObject({
      status: 201,
      body: { ok: true, run: { status: 'IN_PROGRESS', createdBy: 'auth0|ada', properties: inputs } },
    })
    expect((await call('POST', path, { properties: { nam: 'x' } }, bearer)).status).toBe(422)
    expect((await call('POST', '/v1/actions/fairway_retire_workload/runs', { properties: {} }, bearer)).status).toBe(
      422,
    )
    const rotation = '/v1/actions/fairway_rotate_credentials/runs'
    expect((await call('POST', rotation, { properties: { workload: 'a/b', now: true } }, bearer)).status).toBe(201)
    expect((await call('POST', '/v1/actions/other/runs', { properties: {} }, bearer)).status).toBe(404)
  })
})

it('runs and entities survive a restart, and nothing of the secret is on disk', async () => {
  const first = await open()
  const { run } = await first.portal.execute('fairway_declare_workload', inputs, 'ada@example.com')
  const bearer = await first.token()
  const entity = { identifier: 'a/b', title: 'a/b', properties: { phase: 'Ready' }, relations: {} }
  await first.call('POST', '/v1/blueprints/fairway_workload/entities?upsert=true', entity, bearer)
  const second = await open()
  expect(second.portal.state).toEqual(first.portal.state)
  expect(second.portal.state.runs[run]).toBeDefined()
  expect(await readFile(join(directory, 'portal.json'), 'utf8')).not.toContain(keys.port)
})

it('no call is served without a token, and no token is given without the secret', async () => {
  const { call } = await open()
  for (const secret of ['', 'wrong', 5]) {
    const body = { clientId: 'client', clientSecret: secret }
    expect((await call('POST', '/v1/auth/access_token', body)).status).toBe(401)
  }
  expect((await call('GET', '/v1/users', undefined, 'made-up')).status).toBe(401)
  expect((await call('GET', '/v1/users')).status).toBe(401)
})

it('counts what Fairway reads and writes, and nothing else', async () => {
  const { call, token, counter, portal } = await open()
  const bearer = await token()
  const { run } = await portal.execute('fairway_declare_workload', inputs, 'ada@example.com')
  await call('POST', '/v1/actions/fairway_declare_workload/runs', { properties: inputs }, bearer)
  expect(counter.snapshot()['port']).toBeUndefined()
  await call('GET', `/v1/actions/runs/${run}`, undefined, bearer)
  await call('PATCH', `/v1/actions/runs/${run}`, { status: 'SUCCESS' }, bearer)
  expect(counter.snapshot()['port']).toEqual({ reads: 1, writes: 1 })
})

it('an ended run takes no more', async () => {
  const { call, token, portal } = await open()
  const bearer = await token()
  const { run } = await portal.execute('fairway_declare_workload', inputs, 'ada@example.com')
  expect((await call('PATCH', `/v1/actions/runs/${run}`, { status: 'DONE' }, bearer)).status).toBe(422)
  expect((await call('PATCH', `/v1/actions/runs/${run}`, { status: 'SUCCESS' }, bearer)).status).toBe(200)
  expect((await call('POST', `/v1/actions/runs/${run}/logs`, { message: 'late' }, bearer)).status).toBe(409)
})

it('what is no JSON, or no route, is refused', async () => {
  const { call, token } = await open()
  const bearer = await token()
  expect((await call('POST', '/v1/blueprints/b/entities', '{', bearer)).status).toBe(422)
  expect((await call('DELETE', '/v1/users', undefined, bearer)).status).toBe(404)
})
