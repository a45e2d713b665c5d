import { Aws } from 'aws-cdk-lib'
import { AccountPrincipal, PolicyDocument, Role, type IManagedPolicy, type PrincipalBase } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { acknowledgePatterns } from '../acknowledge.ts'
import type { Names } from '../names.ts'
import { placementGrants, placementStages } from '../stagegrants.ts'
import { statementsOf } from '../statements.ts'
import type { Stage } from '../stages.ts'

export interface MemberRolesProps {
  readonly names: Names
  readonly controlPlaneAccount: string
  readonly externalId: string
  /** Regions that have clusters; the stack's own when absent. */
  readonly regions?: readonly string[]
  /** ARNs of the keys of credentials. */
  readonly credentialsKeys: readonly string[]
  /** What none of them can do, whatever its grants say. */
  readonly boundary: IManagedPolicy
}

/**
 * What the control plane's functions take on in this account: for each that works where placements are one role, with
 * exactly its grants there, for that function alone.
 */
export class MemberRoles extends Construct {
  constructor(scope: Construct, id: string, props: MemberRolesProps) {
    super(scope, id)
    const { names, boundary, credentialsKeys, regions } = props
    for (const stage of placementStages) {
      const values = {
        installation: names.installation,
        boundary: names.boundary,
        credentialsKey: credentialsKeys,
        stage,
        ...(regions ? { region: regions } : {}),
      }
      const grants = new PolicyDocument({
        minimize: false,
        statements: statementsOf(placementGrants[stage] ?? [], values),
      })
      const role = new Role(this, stage, {
        roleName: names.stage(stage),
        path: '/fairway-control/',
        description: `Fairway, ${stage}: exactly what this function calls where placements are`,
        assumedBy: functionOf(stage, props),
        permissionsBoundary: boundary,
        inlinePolicies: { grants },
      })
      acknowledgePatterns(role, grants)
    }
  }
}

/**
 * The role of one function, by its ARN in a condition. As a principal it would have to exist before this stack does,
 * and IAM would turn it into its unique id: made anew, the function would be locked out of every member account.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
 */
function functionOf(stage: Stage, { names, controlPlaneAccount, externalId }: MemberRolesProps): PrincipalBase {
  const arn = `arn:${Aws.PARTITION}:iam::${controlPlaneAccount}:role/fairway-control/${names.stage(stage)}`
  return new AccountPrincipal(controlPlaneAccount).withConditions({
    ArnEquals: { 'aws:PrincipalArn': arn },
    StringEquals: { 'sts:ExternalId': externalId },
  })
}
