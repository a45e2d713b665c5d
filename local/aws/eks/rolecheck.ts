import { listOf } from '../core/policy.ts'
import { roleKey } from '../iam/state.ts'
import { trustStatements } from '../iam/trust.ts'
import { invalidParameter } from './errors.ts'
import type { Call } from '../core/operations.ts'
import type { Statement } from '../core/policy.ts'
import type { Role } from '../iam/state.ts'

/**
 * EKS looks the role up in IAM, as IAM shows it at that moment: a role that was made just before may not be there yet
 * (hashicorp/terraform-provider-aws pull request 34717), and one that does not trust Pod Identity is refused (issue
 * 41483 there).
 */
export function checkRole(call: Call, arn: string | undefined): void {
  const [, account, name] = /^arn:aws:iam::(\d{12}):role\/(?:\S+\/)?([\w+=,.@-]+)$/.exec(arn ?? '') ?? []
  if (account === undefined || name === undefined) throw invalidParameter(call, 'The roleArn is not the ARN of a role')
  if (account !== call.account) throw invalidParameter(call, 'The role must be in the same account as the cluster')
  const role = call.look<Role>('iam', account, 'roles').get(roleKey(name))
  if (role?.arn !== arn || role === undefined) {
    throw invalidParameter(call, 'Role provided in the request does not exist.')
  }
  if (!trustStatements(role.trust).some(trustsPodIdentity)) {
    throw invalidParameter(call, 'Trust policy of the role provided is invalid')
  }
}

/** A session policy takes the room of the session tags:
 *  https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html */
export function checkPolicy(
  call: Call,
  input: { readonly policy?: string | undefined; readonly disableSessionTags?: boolean | undefined },
): void {
  if (input.policy === undefined || input.policy === '' || input.disableSessionTags === true) return
  throw invalidParameter(call, 'disableSessionTags must be true when a policy is given')
}

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html */
function trustsPodIdentity(statement: Statement): boolean {
  const principal = statement.Principal
  if (statement.Effect !== 'Allow' || typeof principal !== 'object') return false
  const actions = listOf(statement.Action)
  return (
    listOf(principal['Service']).includes('pods.eks.amazonaws.com') &&
    (actions.includes('sts:*') || (actions.includes('sts:AssumeRole') && actions.includes('sts:TagSession')))
  )
}
