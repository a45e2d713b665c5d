import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toFailure } from '../domain/errors.ts'

/** What the one port of a local control plane answers. */
export interface LocalRoutes {
  /** `/webhooks/…`: the intake handler, called as API Gateway calls it. */
  readonly intake: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>
  /** `/operations/…`: the operate handler, for who knows `token`; by name and body. */
  readonly operate: (operation: string, body: string) => Promise<APIGatewayProxyStructuredResultV2>
  readonly token: string
  /** `/repos/…` and `/sources/…`: git over HTTP. */
  readonly git: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** `/v1/…`: the stand-in of Port's API. */
  readonly portal: (request: IncomingMessage, response: ServerResponse) => void
  /** `/`: for people. */
  readonly help: () => string
}

/** Bodies above this are cut off before they are in memory; intake's own limit, with room to say 413, is below it. */
const largestBody = 8 * 1024 * 1024

export async function startServer(
  routes: LocalRoutes,
  port: number,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    route(routes, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { message: toFailure(error).message })
      else response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server) }
}

async function route(routes: LocalRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  if (path.startsWith('/repos/') || path.startsWith('/sources/')) return routes.git(request, response)
  if (path.startsWith('/v1/')) return routes.portal(request, response)
  if (path.startsWith('/webhooks/')) return webhook(routes, request, response, path)
  const [, name] = /^\/operations\/([a-z]+)$/.exec(path) ?? []
  if (name !== undefined && request.method === 'POST') return operation(routes, request, response, name)
  if (path === '/') {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(routes.help())
    return
  }
  send(response, 404, { message: 'there is nothing here' })
}

async function webhook(
  routes: LocalRoutes,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const body = await readBody(request)
  if (body === undefined) return send(response, 413, { result: 'refused', message: 'the body is too large' })
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )
  const answer = await routes.intake({
    version: '2.0',
    rawPath: path,
    headers,
    body: body.toString('base64'),
    isBase64Encoded: true,
    requestContext: { stage: '$default', http: { method: request.method ?? 'GET', path } },
  } as unknown as APIGatewayProxyEventV2)
  passOn(response, answer)
}

async function operation(
  routes: LocalRoutes,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
): Promise<void> {
  if (!sameText(request.headers.authorization ?? '', `Bearer ${routes.token}`))
    return send(response, 401, { message: 'the token is missing or wrong' })
  const body = await readBody(request)
  if (body === undefined) return send(response, 413, { message: 'the body is too large' })
  passOn(response, await routes.operate(name, body.toString('utf8')))
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBody) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function passOn(response: ServerResponse, answer: APIGatewayProxyStructuredResultV2): void {
  response.writeHead(answer.statusCode ?? 500, answer.headers as Record<string, string>).end(answer.body)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}
