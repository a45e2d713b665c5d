import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import type { IntakeAnswer, IntakeRequest } from '../../flow/intake/request.ts'

/**
 * API Gateway's payload 2.0 as a request: the bytes as they were sent.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function fromApiGateway(event: APIGatewayProxyEventV2): IntakeRequest {
  const headers = Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return {
    method: event.requestContext.http.method,
    path: withoutStage(event.rawPath, event.requestContext.stage),
    headers: Object.fromEntries(headers),
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  }
}

export function toApiGateway(
  answer: Pick<IntakeAnswer, 'status' | 'headers' | 'body'>,
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: answer.status,
    headers: { ...answer.headers, 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(answer.body),
  }
}

/** A named stage is part of the path, `$default` is not. */
function withoutStage(path: string, stage: string): string {
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path
}
