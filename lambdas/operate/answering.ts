import middy from '@middy/core'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import type * as z from 'zod'
import type { Operated } from '../../flow/operations/model.ts'
import type { Runtime } from '../core.ts'
import { describe, standard } from '../middleware.ts'
import { count, type Telemetry } from '../telemetry.ts'
import { failed, readRequest, toApiGateway, type Answer } from './http.ts'

/** A function behind one route of the operations API: every request has an answer, and none is a bare 500. */
export function answering<Ports, Request extends { readonly operation: string }>(
  telemetry: Telemetry,
  schema: z.ZodType<Request>,
  carryOut: (ports: Ports, who: string, request: Request) => Promise<Operated>,
) {
  return (runtime: Runtime<Ports>) =>
    middy(async (event: APIGatewayProxyEventV2, context: Context) => {
      const asked = readRequest(event, schema)
      if ('status' in asked) return toApiGateway(asked)
      const { who, request } = asked
      const answer = await attempt(context.awsRequestId, async () => {
        const ports = await runtime().catch((cause: unknown) => {
          // A fault of the installation, not of who asks: never a 4xx.
          throw new Error('the function cannot start', { cause })
        })
        return carryOut(ports, who, request)
      })
      telemetry.logger[answer.status >= 500 ? 'error' : 'info'](request.operation, {
        who,
        status: answer.status,
        ...(answer.cause === undefined ? {} : { failure: describe(answer.cause) }),
      })
      count(telemetry, `operation.${request.operation}`)
      return toApiGateway(answer)
    }).use(standard(telemetry))
}

async function attempt(requestId: string, work: () => Promise<Operated>): Promise<Answer> {
  try {
    return { status: 200, body: await work() }
  } catch (cause) {
    return failed(cause, requestId)
  }
}
