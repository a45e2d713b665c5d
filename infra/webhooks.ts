import { RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { acknowledge } from './acknowledge.ts'
import type { Names } from './names.ts'
import { intakeRoutes } from './routes.ts'
import { throttleRoutes, type Throttle } from './throttle.ts'

export interface WebhooksProps {
  readonly names: Names
  readonly intake: IFunction
  /** For all webhooks: it is before the signature is checked. */
  readonly throttle: Throttle
  readonly logRetention: RetentionDays
}

/** Never a header, a query or a body: signatures and what people wrote are in them. */
const accessLog = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  // Who operates, also where IAM said no. Of webhooks it is empty.
  who: '$context.identity.userArn',
  status: '$context.status',
  length: '$context.responseLength',
  error: '$context.integrationErrorMessage',
})

/**
 * The HTTP API, with the routes of webhooks. They have no authoriser: each checks its sender's signature over the raw
 * body. API Gateway has no setting for the size of a body: above 10 MB it refuses one itself, above 1 MiB the function
 * does, with 413, before it looks at anything else. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
export class Webhooks extends Construct {
  readonly api: HttpApi
  readonly stage: HttpStage
  /** Where the routes begin, without a slash at its end. */
  readonly url: string

  constructor(scope: Construct, id: string, { names, intake, throttle, logRetention }: WebhooksProps) {
    super(scope, id)
    this.api = new HttpApi(this, 'Api', {
      apiName: names.base,
      description: 'Fairway: webhooks of git hosts, Port and Argo CD, and operations of people',
      createDefaultStage: false,
    })
    const integration = new HttpLambdaIntegration('Intake', intake)
    const routes = intakeRoutes.flatMap((path) =>
      this.api.addRoutes({ path, methods: [HttpMethod.POST], integration }).map((route) => ({ path, route })),
    )
    for (const { route } of routes) {
      acknowledge(route, 'APIG4', 'the sender signs the raw body, and the function checks that before anything else')
    }
    this.stage = new HttpStage(this, 'Stage', {
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
    const lookUps = routes.filter(({ path }) => path.includes('{'))
    const byKey = Object.fromEntries(lookUps.map(({ path, route }) => [`POST ${path}`, route]))
    // Here the path names the secret, so that a stranger's request costs a call to Secrets Manager.
    throttleRoutes(this.stage, byKey, { rate: quarter(throttle.rate), burst: quarter(throttle.burst) })
    this.url = this.api.apiEndpoint
  }
}

function quarter(limit: number): number {
  return Math.max(1, Math.floor(limit / 4))
}
