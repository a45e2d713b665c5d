import middy from '@middy/core'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import * as z from 'zod'
import { doctor } from '../../flow/doctor/doctor.ts'
import type { DoctorPorts } from '../../flow/doctor/ports.ts'
import type { Runtime } from '../core.ts'
import { describe, standard } from '../middleware.ts'
import { failed, readRequest, toApiGateway, type Answer } from '../operate/http.ts'
import { doctorRuntime } from '../runtime/doctor.ts'
import { count, makeTelemetry } from '../telemetry.ts'

const request = z.strictObject({ operation: z.literal('doctor'), cluster: z.string().max(40).exactOptional() })

const telemetry = makeTelemetry('doctor')

/** `POST /operations/doctor`. A function of its own: it reads what no operation needs to. */
export const make = (runtime: Runtime<DoctorPorts>) =>
  middy(async (event: APIGatewayProxyEventV2, context: Context) => {
    const asked = readRequest(event, request)
    if ('status' in asked) return toApiGateway(asked)
    const answer = await examine(runtime, asked.request, context.awsRequestId)
    telemetry.logger[answer.status >= 500 ? 'error' : 'info']('doctor', {
      who: asked.who,
      status: answer.status,
      ...(answer.cause === undefined ? {} : { failure: describe(answer.cause) }),
    })
    count(telemetry, 'operation.doctor')
    return toApiGateway(answer)
  }).use(standard(telemetry))

export const handler = make(doctorRuntime)

async function examine(
  runtime: Runtime<DoctorPorts>,
  { cluster }: z.infer<typeof request>,
  requestId: string,
): Promise<Answer> {
  try {
    const ports = await runtime().catch((cause: unknown) => {
      // A fault of the installation, not of who asks: never a 4xx.
      throw new Error('the function cannot start', { cause })
    })
    const { healthy, findings } = await doctor(ports, cluster === undefined ? {} : { cluster })
    const bad = findings.filter(({ result }) => result === 'failed').length
    const message = healthy ? `${findings.length} checks, none failed` : `${bad} of ${findings.length} checks failed`
    return { status: 200, body: { result: 'done', message, diagnosis: { healthy, findings } } }
  } catch (cause) {
    return failed(cause, requestId)
  }
}
