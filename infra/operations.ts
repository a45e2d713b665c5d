import { HttpMethod, HttpRoute, HttpRouteKey, type HttpApi, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { operationNames, operationPath, operations, type OperationName } from './routes.ts'
import type { Stage } from './stages.ts'
import { throttleRoutes, type Throttle } from './throttle.ts'

export interface OperationsProps {
  readonly api: HttpApi
  readonly stage: HttpStage
  readonly functions: Readonly<Record<Stage, IFunction>>
  /** Requests a second, and the burst above it, of each operation, for all callers together. */
  readonly throttle: Throttle
}

/**
 * Operations of people, beside the webhooks: requests are signed with AWS credentials, API Gateway asks IAM whether the
 * caller may, and hands the identity over to the function. What a body says of who asks counts for nothing.
 */
export class Operations extends Construct {
  private readonly routes: ReadonlyMap<OperationName, HttpRoute>

  constructor(scope: Construct, id: string, { api, stage, functions, throttle }: OperationsProps) {
    super(scope, id)
    const authorizer = new HttpIamAuthorizer()
    const integrations = new Map(
      [...new Set(Object.values(operations))].map((name) => [name, new HttpLambdaIntegration(name, functions[name])]),
    )
    this.routes = new Map(
      operationNames.map((operation) => {
        const routeKey = HttpRouteKey.with(operationPath(operation), HttpMethod.POST)
        const integration = integrations.get(operations[operation]) as HttpLambdaIntegration
        return [operation, new HttpRoute(this, operation, { httpApi: api, routeKey, integration, authorizer })]
      }),
    )
    const byKey = [...this.routes].map(([operation, route]) => [`POST ${operationPath(operation)}`, route] as const)
    throttleRoutes(stage, Object.fromEntries(byKey), throttle)
  }

  /** Exactly these operations; all when none is named. */
  grant(grantee: IGrantable, names: readonly OperationName[]): Grant {
    const wanted = names.length === 0 ? operationNames : names
    const [first, ...rest] = wanted.map((name) => (this.routes.get(name) as HttpRoute).grantInvoke(grantee))
    return rest.reduce((all, grant) => all.combine(grant), first as Grant)
  }
}
