import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { IntakeRequest } from '../../flow/intake/request.ts'
import { githubPush, githubRequest, installation, keys } from '../../test/intake/fixture.ts'
import { redirectTelemetry } from '../telemetry.ts'
import { make } from './handler.ts'

vi.mock('../runtime/intake.ts', () => ({ intakeRuntime: () => Promise.reject(new Error('not here')) }))

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
  redirectTelemetry((line) => lines.push(line))
})
afterEach(() => {
  redirectTelemetry(undefined)
})

const context = { functionName: 'intake', awsRequestId: 'request-1' } as Context

it('the bytes that were signed are verified, base64 or text', async () => {
  for (const base64 of [true, false]) {
    const { ports, events } = installation()
    const answer = await invoke(
      make(async () => ports),
      event(githubRequest({ ...githubPush, note: 'ü🚀' }), { base64 }),
    )
    expect(answer.statusCode).toBe(202)
    expect(events).toHaveLength(1)
  }
})

it('base64 that is none, or a body cut short by it, is refused', async () => {
  const { ports, events } = installation()
  const wrong = { ...event(githubRequest()), isBase64Encoded: true }
  expect(
    (
      await invoke(
        make(async () => ports),
        wrong,
      )
    ).statusCode,
  ).toBe(401)
  expect(events).toEqual([])
})

it('headers are found whatever their case, and a named stage is no part of the path', async () => {
  const { ports, events } = installation()
  const sent = event(githubRequest(), { stage: 'live' })
  const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.toUpperCase(), value]))
  expect(
    (
      await invoke(
        make(async () => ports),
        { ...sent, headers },
      )
    ).statusCode,
  ).toBe(202)
  expect(events).toHaveLength(1)
})

it('a request without headers or body is answered', async () => {
  const { ports } = installation()
  const bare = { ...event(githubRequest()), headers: {} }
  delete bare.body
  expect(
    await invoke(
      make(async () => ports),
      bare,
    ),
  ).toEqual({
    statusCode: 401,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: '{"result":"refused","message":"the signature is missing or wrong"}',
  })
})

it('a runtime that cannot be made is 503 without a reason, and the reason is in the log', async () => {
  const answer = await invoke(
    make(() => Promise.reject(new Error('TABLE is not set'))),
    event(githubRequest()),
  )
  expect(answer.statusCode).toBe(503)
  expect(JSON.stringify(answer)).not.toContain('TABLE')
  expect(lines.join()).toContain('TABLE is not set')
})

it('neither payload, nor headers, nor secrets are logged', async () => {
  const { ports } = installation()
  const request = githubRequest({ ...githubPush, note: 'text of a commit' })
  await invoke(
    make(async () => ports),
    event(request),
  )
  expect(lines.length).toBeGreaterThan(0)
  for (const private_ of ['text of a commit', request.headers['x-hub-signature-256'] ?? '', keys.github]) {
    expect(lines.join()).not.toContain(private_)
  }
})

it('each request counts under what became of it', async () => {
  const { ports } = installation()
  const handler = make(async () => ports)
  await invoke(handler, event(githubRequest()))
  await invoke(handler, event(githubRequest()))
  expect(lines.filter((line) => line.includes('"webhook.accepted":1'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('"webhook.repeated":1'))).toHaveLength(1)
})

function event(request: IntakeRequest, options: { base64?: boolean; stage?: string } = {}): APIGatewayProxyEventV2 {
  const { base64 = false, stage = '$default' } = options
  const path = stage === '$default' ? request.path : `/${stage}${request.path}`
  const http = { method: request.method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' }
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers: request.headers,
    requestContext: { http, stage } as APIGatewayProxyEventV2['requestContext'],
    body: Buffer.from(request.body).toString(base64 ? 'base64' : 'utf8'),
    isBase64Encoded: base64,
  }
}

function invoke(
  handler: ReturnType<typeof make>,
  sent: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  return handler(sent, context)
}
