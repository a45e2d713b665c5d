import {
  CreateRoleCommand,
  DeleteRoleCommand,
  GetRoleCommand,
  ListRolesCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import type {
  AttachedPermissionsBoundary,
  CreateRoleCommandInput,
  DeleteRoleCommandInput,
  GetRoleCommandInput,
  ListRolesCommandInput,
  PermissionsBoundaryAttachmentType,
  UpdateAssumeRolePolicyCommandInput,
  UpdateRoleCommandInput,
} from '@aws-sdk/client-iam'
import { randomText } from '../core/identifiers.ts'
import { read, write } from '../core/operations.ts'
import { toTagList } from '../core/tags.ts'
import { checkBoundary } from './boundaries.ts'
import { deleteConflict, entityExists, limitExceeded } from './errors.ts'
import { putRole, roleKey, roleOf, roles } from './state.ts'
import { normalisedTrust } from './trust.ts'
import {
  checkDescription,
  checkName,
  checkPath,
  checkSessionDuration,
  checkTrustPolicy,
  encodeDocument,
  limits,
  markedPage,
  withTags,
} from './validation.ts'
import type { Call } from '../core/operations.ts'
import type { Role } from './state.ts'

export const roleOperations = [
  write(CreateRoleCommand, createRole),
  read(GetRoleCommand, getRole),
  read(ListRolesCommand, listRoles),
  write(DeleteRoleCommand, deleteRole),
  write(UpdateRoleCommand, updateRole),
  write(UpdateAssumeRolePolicyCommand, updateAssumeRolePolicy),
]

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function createRole(input: CreateRoleCommandInput, call: Call) {
  const name = checkName(call, 'roleName', input.RoleName, limits.roleName)
  const path = checkPath(call, input.Path)
  checkDescription(call, input.Description)
  checkSessionDuration(call, input.MaxSessionDuration)
  const trust = normalisedTrust(checkTrustPolicy(call, input.AssumeRolePolicyDocument))
  const tags = withTags(call, {}, input.Tags)
  const boundary = checkBoundary(call, input.PermissionsBoundary)
  if (roles(call).get(roleKey(name))) throw entityExists(call, `Role with name ${name} already exists.`)
  if (roles(call).size >= call.quotas.rolesPerAccount) {
    throw limitExceeded(call, `Cannot exceed quota for RolesPerAccount: ${call.quotas.rolesPerAccount}`)
  }
  const role: Role = {
    path,
    name,
    id: uniqueId(call, 'AROA'),
    arn: `arn:aws:iam::${call.account}:role${path}${name}`,
    createdAt: call.now,
    trust,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    maxSessionDuration: input.MaxSessionDuration ?? 3600,
    ...(boundary === undefined ? {} : { boundary }),
    tags,
    inline: {},
    attached: [],
  }
  putRole(call, role)
  return { Role: { ...summary(role), ...boundaryOf(role), ...tagsOf(role) } }
}

function getRole(input: GetRoleCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  return {
    Role: {
      ...summary(role),
      MaxSessionDuration: role.maxSessionDuration,
      ...boundaryOf(role),
      ...tagsOf(role),
      RoleLastUsed: {},
    },
  }
}

/** Without boundary, tags and last use, as documented: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html */
function listRoles(input: ListRolesCommandInput, call: Call) {
  const found = roles(call)
    .all()
    .filter((role) => role.path.startsWith(input.PathPrefix ?? '/'))
  const { items, paging } = markedPage(call, input, found, (role) => roleKey(role.name))
  return { Roles: items.map((role) => ({ ...summary(role), MaxSessionDuration: role.maxSessionDuration })), ...paging }
}

function deleteRole(input: DeleteRoleCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  if (role.attached.length > 0) throw deleteConflict(call, 'Cannot delete entity, must detach all policies first.')
  if (Object.keys(role.inline).length > 0)
    throw deleteConflict(call, 'Cannot delete entity, must delete policies first.')
  roles(call).remove(roleKey(role.name))
  return {}
}

/** A duration that is left out is set back to one hour: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html */
function updateRole(input: UpdateRoleCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  checkDescription(call, input.Description)
  checkSessionDuration(call, input.MaxSessionDuration)
  putRole(call, {
    ...role,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    maxSessionDuration: input.MaxSessionDuration ?? 3600,
  })
  return {}
}

function updateAssumeRolePolicy(input: UpdateAssumeRolePolicyCommandInput, call: Call) {
  const role = roleOf(call, input.RoleName)
  putRole(call, { ...role, trust: normalisedTrust(checkTrustPolicy(call, input.PolicyDocument)) })
  return {}
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export function uniqueId(call: Call, prefix: 'AROA' | 'ANPA'): string {
  return `${prefix}${randomText(call.random, ID_ALPHABET, 17)}`
}

/** The service answers `Policy`, whatever the SDK's enumeration says:
 *  https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachedPermissionsBoundary.html */
export function boundaryOf(role: Role): { PermissionsBoundary?: AttachedPermissionsBoundary } {
  if (role.boundary === undefined) return {}
  const PermissionsBoundaryType = 'Policy' as unknown as PermissionsBoundaryAttachmentType
  return { PermissionsBoundary: { PermissionsBoundaryType, PermissionsBoundaryArn: role.boundary } }
}

function tagsOf(role: Role) {
  const tags = toTagList(role.tags)
  return tags.length === 0 ? {} : { Tags: tags }
}

function summary(role: Role) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    ...(role.description === undefined ? {} : { Description: role.description }),
  }
}
