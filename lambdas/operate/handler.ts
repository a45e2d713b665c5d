import middy from '@middy/core'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { operate, type OperatePorts } from '../../flow/operate.ts'
import type { Operated } from '../../flow/operations/model.ts'
import type { Runtime } from '../core.ts'
import { describe, standard } from '../middleware.ts'
import { operateRuntime } from '../runtime/operate.ts'
import { count, makeTelemetry } from '../telemetry.ts'
import { failed, readRequest, toApiGateway, type Answer } from './http.ts'
import { operationRequest } from './request.ts'

const telemetry = makeTelemetry('operate')

/** Operations of people. Every request has an answer: a thrown error would be a bare 500. */
export const make = (runtime: Runtime<OperatePorts>) =>
  middy(async (event: APIGatewayProxyEventV2, context: Context) => {
    const answer = await answered(runtime, event, context.awsRequestId)
    const level = answer.status >= 500 ? 'error' : answer.status >= 400 ? 'warn' : 'info'
    const { operation = 'none', who, status, message, cause } = answer
    if (!reading.has(operation) || status >= 400) {
      const failure = cause === undefined ? {} : { failure: describe(cause) }
      telemetry.logger[level](`${operation}: ${message}`, { who, status, ...failure })
    }
    count(telemetry, `operation.${operation}`)
    return toApiGateway(answer)
  }).use(standard(telemetry))

export const handler = make(operateRuntime)

/** Asked again and again by who waits for something. */
const reading: ReadonlySet<string> = new Set(['status', 'drift'])

interface Answered extends Answer {
  readonly operation?: string
  readonly who?: string
  readonly message: string
}

async function answered(
  runtime: Runtime<OperatePorts>,
  event: APIGatewayProxyEventV2,
  requestId: string,
): Promise<Answered> {
  const asked = readRequest(event, operationRequest)
  if ('status' in asked) return { ...asked, message: messageOf(asked) }
  const { who, request } = asked
  const by = { who, operation: request.operation }
  const answer = await runtime()
    .catch((cause: unknown) => Promise.reject(new Error('the function cannot start', { cause })))
    .then((ports) => operate(ports, who, request))
    .then(succeeded, (cause: unknown) => failed(cause, requestId))
  return { ...answer, ...by, message: messageOf(answer) }
}

/** As many as a person reads at a time; the answer must fit into what Lambda gives back. */
const mostProblems = 500

function succeeded(result: Operated): Answer {
  const { problems = [], message } = result
  const status = result.result === 'refused' ? 400 : 200
  if (problems.length <= mostProblems) return { status, body: result }
  const rest = `${message}; ${problems.length - mostProblems} more problems are not listed`
  return { status, body: { ...result, problems: problems.slice(0, mostProblems), message: rest } }
}

function messageOf({ body }: Answer): string {
  return 'message' in body ? String(body.message) : ''
}
