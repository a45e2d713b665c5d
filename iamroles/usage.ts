import { GetAccountSummaryCommand } from '@aws-sdk/client-iam'
import { callAws } from '../domain/awserrors.ts'
import type { PlaceUsage } from '../domain/fleet.ts'
import type { IamClient } from './remote.ts'

/** How many roles the account has, whosever they are, and may have: one read. */
export async function readRoleUsage(client: IamClient): Promise<PlaceUsage['roles']> {
  const { SummaryMap } = await callAws('read the use of IAM quotas', () =>
    client.send(new GetAccountSummaryCommand({})),
  )
  const { Roles: used, RolesQuota: quota } = SummaryMap ?? {}
  return used === undefined || quota === undefined ? undefined : { used, quota }
}
