import { Stack } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'

export interface CallerRoleProps {
  /** `events`, `scheduler`: before `.amazonaws.com`. */
  readonly service: string
  readonly description: string
  readonly calls: readonly { readonly sid: string; readonly action: string; readonly resource: string }[]
}

/**
 * What a service of AWS takes on to make exactly these calls. CDK's own roles for targets may also be taken on by the
 * service for another account, and may call every version of a function.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function callerRole(scope: Construct, id: string, { service, description, calls }: CallerRoleProps): IRole {
  const role = new Role(scope, id, {
    path: '/fairway-control/',
    description: `Fairway: ${description}`,
    assumedBy: new ServicePrincipal(`${service}.amazonaws.com`, {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    inlinePolicies: {
      calls: new PolicyDocument({
        statements: calls.map(
          ({ sid, action, resource }) => new PolicyStatement({ sid, actions: [action], resources: [resource] }),
        ),
      }),
    },
  })
  return role.withoutPolicyUpdates()
}
