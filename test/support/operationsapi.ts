import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { operationEvent } from '../../local/operations.ts'
import { verified } from './sigv4.ts'

/**
 * API Gateway and IAM before the operate function, as far as a caller sees them: a signature is verified, the route is
 * looked up in what its signer may, and the function gets the signer's ARN. Beside it CloudFormation and STS, for who
 * looks for the way here.
 */
export interface OperationsApi {
  readonly url: string
  /** Operations that arrived, with their signers. */
  readonly seen: { readonly operation: string; readonly who: string; readonly body: string }[]
  /** Answers the next requests with these, before anything is looked at. */
  readonly instead: { readonly status: number; readonly body: string; readonly headers?: Record<string, string> }[]
  stop(): Promise<void>
}

export interface Person {
  readonly arn: string
  readonly secret: string
  /** Operations that IAM allows. */
  readonly may: readonly string[]
}

export const region = 'eu-west-1'

export async function startOperationsApi(
  people: Readonly<Record<string, Person>>,
  operate: (event: unknown) => Promise<unknown>,
): Promise<OperationsApi> {
  const seen: OperationsApi['seen'] = []
  const instead: { status: number; body: string; headers?: Record<string, string> }[] = []
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const path = request.url ?? ''
    const signature = verified({ method: request.method ?? '', path, headers, body }, (id) => people[id]?.secret)
    const who = signature && people[signature.accessKeyId]
    const service = signature?.scope.split('/')[2]
    if (service === 'cloudformation') return xml(response, describeStacks(url, body))
    if (service === 'sts') return xml(response, { status: 200, body: identity(who?.arn ?? '') })
    const next = instead.shift()
    if (next) {
      response.writeHead(next.status, { 'content-type': 'application/json', ...next.headers }).end(next.body)
      return
    }
    const operation = /^\/operations\/([a-z]+)$/.exec(path)?.[1] ?? ''
    const allowed = signature?.scope.endsWith(`/${region}/execute-api/aws4_request`) && who?.may.includes(operation)
    if (who === undefined || !allowed) {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"message":"Forbidden"}')
      return
    }
    seen.push({ operation, who: who.arn, body })
    const answer = (await operate(operationEvent(who.arn, operation, body))) as APIGatewayProxyStructuredResultV2
    response.writeHead(answer.statusCode ?? 500, answer.headers as Record<string, string>).end(answer.body)
  }

  return {
    url,
    seen,
    instead,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Xml {
  readonly status: number
  readonly body: string
}

function describeStacks(url: string, query: string): Xml {
  const name = new URLSearchParams(query).get('StackName') ?? ''
  const outputs: Readonly<Record<string, string>> = {
    'fairway-main': `<member><OutputKey>FairwayOperationsUrl</OutputKey><OutputValue>${url}</OutputValue></member>`,
    'fairway-old': '',
  }
  if (name === 'fairway-closed') return problem(403, 'AccessDenied', 'User bo is not authorized')
  const own = outputs[name]
  if (own === undefined) return problem(400, 'ValidationError', `Stack with id ${name} does not exist`)
  const stack = `<StackName>${name}</StackName><CreationTime>2026-11-21T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>`
  return {
    status: 200,
    body: `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${stack}<Outputs>${own}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  }
}

function problem(status: number, code: string, message: string): Xml {
  return {
    status,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  }
}

function identity(arn: string): string {
  return `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>x</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
}

function xml(response: ServerResponse, { status, body }: Xml): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
