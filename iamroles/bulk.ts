import { GetAccountAuthorizationDetailsCommand } from '@aws-sdk/client-iam'
import type { RoleDetail } from '@aws-sdk/client-iam'
import { callAws } from '../domain/awserrors.ts'
import { flatNamePattern } from '../domain/names.ts'
import { fromTagList } from '../domain/tags.ts'
import type { IamClient } from './remote.ts'
import { inlinePolicyName } from './role.ts'
import type { ObservedRole } from './role.ts'

/**
 * Roles of one account whose names are of the kind that one installation gives, by name. Under whatever path: a name
 * is taken once in an account, so somebody else's role of that name is in the way of ours, as GetRole says.
 */
export type Roles = ReadonlyMap<string, ObservedRole>

/** Reads once per look and remembers: `iam` and `tenancy` share it. */
export type RolesReader = () => Promise<Roles>

/** The most that IAM gives: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html */
const pageSize = 1000

/** One read for a thousand roles of the account, whosever they are. */
export async function readRoles(client: IamClient, installation: string): Promise<Roles> {
  const ours = flatNamePattern(installation)
  const roles = new Map<string, ObservedRole>()
  let Marker: string | undefined
  do {
    const input = { Filter: ['Role' as const], MaxItems: pageSize, ...(Marker === undefined ? {} : { Marker }) }
    const answer = await callAws('read the roles of the account', () =>
      client.send(new GetAccountAuthorizationDetailsCommand(input)),
    )
    for (const detail of answer.RoleDetailList ?? []) {
      if (detail.Arn === undefined || !ours.test(detail.RoleName ?? '')) continue
      roles.set(detail.RoleName ?? '', observedRole(detail.Arn, detail))
    }
    Marker = answer.IsTruncated === true ? answer.Marker : undefined
  } while (Marker !== undefined)
  return roles
}

function observedRole(arn: string, detail: RoleDetail): ObservedRole {
  const inline = detail.RolePolicyList ?? []
  const own = inline.find(({ PolicyName }) => PolicyName === inlinePolicyName)?.PolicyDocument
  return {
    arn,
    trust: decoded(detail.AssumeRolePolicyDocument ?? ''),
    boundary: detail.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: fromTagList(detail.Tags),
    inline: inline.flatMap(({ PolicyName }) => PolicyName ?? []),
    policy: own === undefined ? undefined : decoded(own),
    attached: (detail.AttachedManagedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []),
  }
}

/** Half the memory, and nothing that holds on to the page it came from. What cannot be decoded stays, and differs. */
function decoded(document: string): string {
  try {
    return decodeURIComponent(document)
  } catch {
    return document
  }
}
