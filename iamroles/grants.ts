import type { Grant } from '../domain/grants.ts'

/**
 * What `remote.ts` calls, for roles with these ARNs that carry our tag. A role is only made, and its boundary only
 * set, with this boundary, and policies are only put on roles that have it: so nothing that these grants allow
 * reaches beyond it.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
export function roleGrants(role: string, boundary: string): readonly Grant[] {
  const resources = [role]
  const ours = { 'aws:ResourceTag/fairway:installation': '${installation}' }
  const marking = { 'aws:RequestTag/fairway:installation': '${installation}' }
  return [
    {
      sid: 'ReadRoles',
      actions: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies'],
      resources,
    },
    {
      sid: 'CreateRoles',
      actions: ['iam:CreateRole'],
      resources,
      conditions: { StringEquals: { 'iam:PermissionsBoundary': boundary, ...marking } },
    },
    {
      // Tagging is how a new or an adopted role becomes ours; it may only ever get our tag.
      sid: 'MarkRoles',
      actions: ['iam:TagRole'],
      resources,
      conditions: { StringEquals: marking },
    },
    {
      sid: 'RepairRoleTags',
      actions: ['iam:TagRole'],
      resources,
      conditions: { StringEquals: ours, StringEqualsIfExists: marking },
    },
    {
      sid: 'BoundRoles',
      actions: ['iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
      resources,
      conditions: { StringEquals: { 'iam:PermissionsBoundary': boundary, ...ours } },
    },
    {
      sid: 'ChangeRoles',
      actions: ['iam:DeleteRole', 'iam:DeleteRolePolicy', 'iam:DetachRolePolicy', 'iam:UpdateAssumeRolePolicy'],
      resources,
      conditions: { StringEquals: ours },
    },
  ]
}

/** What `bulk.ts` calls; the action knows no resources, so it reads all of the account's roles. */
export const roleBulkGrants: readonly Grant[] = [
  { sid: 'ReadRolesInBulk', actions: ['iam:GetAccountAuthorizationDetails'], resources: ['*'] },
  // How many roles there are and may be: checked where workloads are admitted.
  { sid: 'ReadRoleQuota', actions: ['iam:GetAccountSummary'], resources: ['*'] },
]
