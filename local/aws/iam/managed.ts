import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  DeletePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  ListAttachedRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import type {
  AttachRolePolicyCommandInput,
  CreatePolicyCommandInput,
  DeletePolicyCommandInput,
  DetachRolePolicyCommandInput,
  GetPolicyCommandInput,
  ListAttachedRolePoliciesCommandInput,
} from '@aws-sdk/client-iam'
import { read, write } from '../core/operations.ts'
import { policySize } from '../core/policy.ts'
import { toTagList } from '../core/tags.ts'
import { deleteConflict, entityExists, limitExceeded, noSuchEntity } from './errors.ts'
import { uniqueId } from './roles.ts'
import { isAttachable, managedPolicies, putRole, roleOf, roles } from './state.ts'
import {
  checkDescription,
  checkIdentityPolicy,
  checkName,
  checkPath,
  limits,
  markedPage,
  withTags,
} from './validation.ts'
import type { Call } from '../core/operations.ts'
import type { ManagedPolicy } from './state.ts'

export const managedPolicyOperations = [
  write(CreatePolicyCommand, createPolicy),
  read(GetPolicyCommand, getPolicy),
  write(DeletePolicyCommand, deletePolicy),
  write(AttachRolePolicyCommand, attachRolePolicy),
  write(DetachRolePolicyCommand, detachRolePolicy),
  read(ListAttachedRolePoliciesCommand, listAttachedRolePolicies),
]

function createPolicy(input: CreatePolicyCommandInput, call: Call) {
  const name = checkName(call, 'policyName', input.PolicyName, limits.policyName)
  const path = checkPath(call, input.Path)
  checkDescription(call, input.Description)
  const document = checkIdentityPolicy(call, input.PolicyDocument)
  if (policySize(document) > limits.managedPolicy) {
    throw limitExceeded(call, `Cannot exceed quota for PolicySize: ${limits.managedPolicy}`)
  }
  const arn = `arn:aws:iam::${call.account}:policy${path}${name}`
  if (managedPolicies(call).get(arn))
    throw entityExists(call, `A policy called ${name} already exists. Duplicate names are not allowed.`)
  const policy: ManagedPolicy = {
    path,
    name,
    id: uniqueId(call, 'ANPA'),
    arn,
    createdAt: call.now,
    document,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    tags: withTags(call, {}, input.Tags),
  }
  managedPolicies(call).put(arn, policy)
  return { Policy: describe(call, policy) }
}

function getPolicy(input: GetPolicyCommandInput, call: Call) {
  const policy = managedPolicies(call).get(input.PolicyArn ?? '')
  if (!policy) throw noSuchEntity(call, `Policy ${input.PolicyArn} was not found.`)
  return { Policy: { ...describe(call, policy), Tags: toTagList(policy.tags) } }
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html */
function deletePolicy(input: DeletePolicyCommandInput, call: Call) {
  const arn = input.PolicyArn ?? ''
  if (!managedPolicies(call).get(arn)) throw noSuchEntity(call, `Policy ${arn} was not found.`)
  const attached = roles(call)
    .all()
    .some((role) => role.attached.includes(arn))
  if (attached) throw deleteConflict(call, 'Cannot delete a policy attached to entities.')
  managedPolicies(call).remove(arn)
  return {}
}

function attachRolePolicy(input: AttachRolePolicyCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  const arn = input.PolicyArn ?? ''
  if (!isAttachable(call, arn)) throw noSuchEntity(call, `Policy ${arn} does not exist or is not attachable.`)
  const attached = [...new Set([...role.attached, arn])]
  if (attached.length > limits.attachedPolicies) {
    throw limitExceeded(call, `Cannot exceed quota for PoliciesPerRole: ${limits.attachedPolicies}`)
  }
  putRole(call, { ...role, attached })
  return {}
}

function detachRolePolicy(input: DetachRolePolicyCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  if (!role.attached.includes(input.PolicyArn ?? ''))
    throw noSuchEntity(call, `Policy ${input.PolicyArn} was not found.`)
  putRole(call, { ...role, attached: role.attached.filter((arn) => arn !== input.PolicyArn) })
  return {}
}

function listAttachedRolePolicies(input: ListAttachedRolePoliciesCommandInput, call: Call) {
  const attached = attachedPolicies(roleOf(call, input.RoleName).attached)
  const { items, paging } = markedPage(call, input, attached, (policy) => policy.PolicyArn)
  return { AttachedPolicies: items, ...paging }
}

/** In order of ARN. */
export function attachedPolicies(arns: readonly string[]): { PolicyName: string; PolicyArn: string }[] {
  return arns.toSorted().map((PolicyArn) => ({ PolicyName: PolicyArn.split('/').at(-1) ?? '', PolicyArn }))
}

function describe(call: Call, policy: ManagedPolicy) {
  const all = roles(call).all()
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: 'v1',
    AttachmentCount: all.filter((role) => role.attached.includes(policy.arn)).length,
    PermissionsBoundaryUsageCount: all.filter((role) => role.boundary === policy.arn).length,
    IsAttachable: true,
    ...(policy.description === undefined ? {} : { Description: policy.description }),
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.createdAt),
  }
}
