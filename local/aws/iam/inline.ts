import {
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import type {
  DeleteRolePolicyCommandInput,
  GetRolePolicyCommandInput,
  ListRolePoliciesCommandInput,
  PutRolePolicyCommandInput,
} from '@aws-sdk/client-iam'
import { read, write } from '../core/operations.ts'
import { policySize } from '../core/policy.ts'
import { byCodeUnit } from '../core/table.ts'
import { limitExceeded, noSuchEntity } from './errors.ts'
import { putRole, roleOf } from './state.ts'
import { checkIdentityPolicy, checkName, encodeDocument, limits, markedPage } from './validation.ts'
import type { Call } from '../core/operations.ts'
import type { Role } from './state.ts'

export const inlinePolicyOperations = [
  write(PutRolePolicyCommand, putRolePolicy),
  read(GetRolePolicyCommand, getRolePolicy),
  read(ListRolePoliciesCommand, listRolePolicies),
  write(DeleteRolePolicyCommand, deleteRolePolicy),
]

function putRolePolicy(input: PutRolePolicyCommandInput, call: Call) {
  const name = checkName(call, 'policyName', input.PolicyName, limits.policyName)
  const role = roleOf(call, input.RoleName)
  const inline = { ...role.inline, [name]: checkIdentityPolicy(call, input.PolicyDocument) }
  const size = Object.values(inline).reduce((sum, document) => sum + policySize(document), 0)
  if (size > limits.inlinePolicies) {
    throw limitExceeded(call, `Maximum policy size of ${limits.inlinePolicies} bytes exceeded for role ${role.name}`)
  }
  putRole(call, { ...role, inline })
  return {}
}

function getRolePolicy(input: GetRolePolicyCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  const document = policyOf(call, role, input.PolicyName)
  return { RoleName: role.name, PolicyName: input.PolicyName, PolicyDocument: encodeDocument(document) }
}

function listRolePolicies(input: ListRolePoliciesCommandInput, call: Call) {
  const names = Object.keys(roleOf(call, input.RoleName).inline).sort(byCodeUnit)
  const { items, paging } = markedPage(call, input, names, (name) => name)
  return { PolicyNames: items, ...paging }
}

function deleteRolePolicy(input: DeleteRolePolicyCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  policyOf(call, role, input.PolicyName)
  const kept = Object.entries(role.inline).filter(([name]) => name !== input.PolicyName)
  putRole(call, { ...role, inline: Object.fromEntries(kept) })
  return {}
}

function policyOf(call: Call, role: Role, name: string | undefined): string {
  const document = Object.hasOwn(role.inline, name ?? '') ? role.inline[name ?? ''] : undefined
  if (document === undefined) throw noSuchEntity(call, `The role policy with name ${name} cannot be found.`)
  return document
}
