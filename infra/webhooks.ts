import { RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Names } from './names.ts'
import { intakeRoutes } from './routes.ts'

export interface WebhooksProps {
  readonly names: Names
  readonly intake: IFunction
  /** Requests a second, and the burst above it, for all senders together: it is before the signature is checked. */
  readonly throttle: { readonly rate: number; readonly burst: number }
  readonly logRetention: RetentionDays
}

/** Never a header, a query or a body: signatures and what people wrote are in them. */
const accessLog = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  length: '$context.responseLength',
  error: '$context.integrationErrorMessage',
})

/**
 * The HTTP API for webhooks. It has no authoriser: each route checks its sender's signature over the raw body. Bodies
 * above 1 MiB are answered 413 by the function, and above 10 MB by API Gateway.
 */
export class Webhooks extends Construct {
  readonly api: HttpApi
  /** Where the routes begin, without a slash at its end. */
  readonly url: string

  constructor(scope: Construct, id: string, { names, intake, throttle, logRetention }: WebhooksProps) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', {
      apiName: names.base,
      description: 'Fairway: webhooks of git hosts, Port and Argo CD',
      createDefaultStage: false,
    })
    const integration = new HttpLambdaIntegration('Intake', intake)
    for (const path of intakeRoutes) this.api.addRoutes({ path, methods: [HttpMethod.POST], integration })
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        format: AccessLogFormat.custom(accessLog),
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            logGroupName: `/aws/vendedlogs/apigateway/${names.base}`,
            retention: logRetention,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
      },
    })
    this.url = this.api.apiEndpoint
  }
}
