import { GetAccountAuthorizationDetailsCommand, GetAccountSummaryCommand } from '@aws-sdk/client-iam'
import type {
  EntityType,
  GetAccountAuthorizationDetailsCommandInput,
  GetAccountSummaryCommandInput,
  ManagedPolicyDetail,
  RoleDetail,
} from '@aws-sdk/client-iam'
import { read } from '../core/operations.ts'
import { toTagList } from '../core/tags.ts'
import { attachedPolicies } from './managed.ts'
import { boundaryOf } from './roles.ts'
import { managedPolicies, roleKey, roles } from './state.ts'
import { encodeDocument, markedPage } from './validation.ts'
import type { Call } from '../core/operations.ts'
import type { ManagedPolicy, Role } from './state.ts'

export const detailOperations = [
  read(GetAccountAuthorizationDetailsCommand, getAccountAuthorizationDetails),
  read(GetAccountSummaryCommand, getAccountSummary),
]

/** As far as roles go: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html */
function getAccountSummary(_input: GetAccountSummaryCommandInput, call: Call) {
  return { SummaryMap: { Roles: roles(call).size, RolesQuota: call.quotas.rolesPerAccount } }
}

type Entity = { readonly type: EntityType; readonly position: string } & (
  { readonly role: Role } | { readonly policy: ManagedPolicy }
)

/**
 * Roles and the account's own policies; no users or groups are simulated. Roles come without Description and
 * MaxSessionDuration: https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html
 */
function getAccountAuthorizationDetails(input: GetAccountAuthorizationDetailsCommandInput, call: Call) {
  const wanted = input.Filter ?? []
  const entities: Entity[] = [
    ...managedPolicies(call)
      .all()
      .map((policy): Entity => ({ type: 'LocalManagedPolicy', position: `policy ${policy.arn}`, policy })),
    ...roles(call)
      .all()
      .map((role): Entity => ({ type: 'Role', position: `role ${roleKey(role.name)}`, role })),
  ]
  const filtered = entities.filter((entity) => wanted.length === 0 || wanted.includes(entity.type))
  const { items, paging } = markedPage(call, input, filtered, (entity) => entity.position)
  return {
    UserDetailList: [],
    GroupDetailList: [],
    RoleDetailList: items.flatMap((entity) => ('role' in entity ? [roleDetail(entity.role)] : [])),
    Policies: items.flatMap((entity) => ('policy' in entity ? [policyDetail(entity.policy)] : [])),
    ...paging,
  }
}

function roleDetail(role: Role): RoleDetail {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeDocument(role.trust),
    InstanceProfileList: [],
    RolePolicyList: Object.entries(role.inline).map(([PolicyName, document]) => ({
      PolicyName,
      PolicyDocument: encodeDocument(document),
    })),
    AttachedManagedPolicies: attachedPolicies(role.attached),
    ...boundaryOf(role),
    Tags: toTagList(role.tags),
    RoleLastUsed: {},
  }
}

function policyDetail(policy: ManagedPolicy): ManagedPolicyDetail {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: 'v1',
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    PolicyVersionList: [
      {
        Document: encodeDocument(policy.document),
        VersionId: 'v1',
        IsDefaultVersion: true,
        CreateDate: new Date(policy.createdAt),
      },
    ],
  }
}
