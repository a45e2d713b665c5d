import type { CfnStage, HttpRoute, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2'

/** Requests a second, and the burst above it, for all senders together. */
export interface Throttle {
  readonly rate: number
  readonly burst: number
}

/**
 * Gives each of these routes a bucket of its own, besides those that have one already: what pours in on one of them is
 * not taken from the others. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 */
export function throttleRoutes(
  stage: HttpStage,
  routes: Readonly<Record<string, HttpRoute>>,
  { rate, burst }: Throttle,
): void {
  const settings = stage.node.defaultChild as CfnStage
  const limits = {
    ThrottlingRateLimit: rate,
    ThrottlingBurstLimit: burst,
    // Said again, because the settings of a route replace those of the stage as a whole.
    DetailedMetricsEnabled: true,
  }
  settings.routeSettings = {
    ...(settings.routeSettings as Record<string, object> | undefined),
    ...Object.fromEntries(Object.keys(routes).map((key) => [key, limits])),
  }
  // A stage with settings for a route that is not there yet is refused.
  for (const route of Object.values(routes)) settings.node.addDependency(route)
}
