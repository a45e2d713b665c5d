import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { intake } from '../../flow/intake/intake.ts'
import { failed, type IntakeAnswer, type IntakePorts } from '../../flow/intake/request.ts'
import { describe, standard } from '../middleware.ts'
import { intakeRuntime } from '../runtime/intake.ts'
import { count, makeTelemetry } from '../telemetry.ts'
import { fromApiGateway, toApiGateway } from './http.ts'

export type IntakeRuntime = IntakePorts

const telemetry = makeTelemetry('intake')

/** Webhooks of GitHub, git hosts, Port and Argo CD. Every request has an answer: a thrown error would be a bare 500. */
export const make = (runtime: () => Promise<IntakeRuntime>) =>
  middy(async (event: APIGatewayProxyEventV2) => {
    const answer = await receive(runtime, event)
    const { route, status, body, cause } = answer
    const level = status >= 500 ? 'error' : cause === undefined ? 'info' : 'warn'
    telemetry.logger[level](`${route}: ${body.result}`, {
      status,
      reason: body.message,
      ...(cause === undefined ? {} : { failure: describe(cause) }),
    })
    count(telemetry, `webhook.${body.result}`)
    return toApiGateway(answer)
  }).use(standard(telemetry))

export const handler = make(intakeRuntime)

async function receive(
  runtime: () => Promise<IntakeRuntime>,
  event: APIGatewayProxyEventV2,
): Promise<IntakeAnswer & { readonly route: string }> {
  try {
    return await intake(await runtime(), fromApiGateway(event))
  } catch (cause) {
    return { ...failed(cause), route: 'none' }
  }
}
