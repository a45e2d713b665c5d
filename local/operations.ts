import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { RetryLater } from '../domain/errors.ts'
import type { Asked, Operated } from '../flow/operations/model.ts'
import { readAnswer } from '../lambdas/operate/answers.ts'

/** A request of the operations API, as API Gateway hands over one that its IAM authoriser let pass. */
export function operationEvent(who: string, operation: string, body: string): APIGatewayProxyEventV2 {
  const path = `/operations/${operation}`
  const event = {
    version: '2.0',
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: {
      stage: '$default',
      http: { method: 'POST', path },
      authorizer: { iam: { userArn: who } },
    },
    body,
    isBase64Encoded: false,
  }
  return event as unknown as APIGatewayProxyEventV2
}

/** Carries an operation out by the function that API Gateway would call. */
export async function operateBy(
  call: (event: APIGatewayProxyEventV2) => Promise<unknown>,
  who: string,
  request: Asked,
): Promise<Operated> {
  const answer = await call(operationEvent(who, request.operation, JSON.stringify(request)))
  const result = readAnswer((answer as APIGatewayProxyStructuredResultV2).body ?? '')
  if (result === undefined) throw new RetryLater('the answer of the function is not understood')
  return result
}

/** The function behind an operation's route (infra/routes.ts), by the placeholders of the ASL files. */
export function functionOf(operation: string): string {
  if (operation === 'doctor') return 'DoctorFunction'
  return operation === 'restore' ? 'RestoreFunction' : 'OperateFunction'
}
