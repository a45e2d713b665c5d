import { ownedRoles, roleDrift } from '../../iamroles/index.ts'
import type { RoleAction, Roles, RolesReader } from '../../iamroles/index.ts'
import type { BulkObserver, BulkPlace } from '../../domain/fleet.ts'
import { isReaderRole, readerRoleName, tagKeys } from '../../domain/names.ts'
import type { Tags } from '../../domain/tags.ts'
import type { TenancyDesired } from './desired.ts'
import type { TenancyObserved } from './remote.ts'

export interface TenancyBulkRemote {
  /** Of the account, read once for `iam` and `tenancy`. */
  readonly roles: RolesReader
}

export interface TenancySnapshot {
  readonly place: BulkPlace
  readonly roles: Roles
}

/** Pages lack nothing of a role that Fairway looks at. */
export const tenancyBulk: BulkObserver<
  TenancyDesired,
  TenancyObserved,
  RoleAction,
  TenancyBulkRemote,
  TenancySnapshot
> = {
  snapshot: async ({ roles }, place) => ({ place, roles: await roles() }),
  observed: ({ reader, claim, readerName }, { roles }) => ({
    reader: reader || claim ? roles.get(readerName) : undefined,
  }),
  drift: (action, { reader, readerArn, claim }, { reader: observed }) => {
    const context = { wanted: reader, claim, observed }
    const kind = action.type === 'refuse' ? 'disowned' : roleDrift(action, context)
    return kind && { kind, where: readerArn }
  },
  accounts: ({ reader, claim }) => [reader?.arn, claim?.id].filter((id) => id !== undefined),
  *owned({ place, roles }) {
    const { name: installation } = place.installation
    for (const { name, role } of ownedRoles(roles, place, (cluster, tags) => nameIn(installation, cluster, tags))) {
      if (isReaderRole(installation, name)) yield { id: role.arn, what: `IAM role ${name}` }
    }
  },
}

function nameIn(installation: string, cluster: string, tags: Tags): string | undefined {
  const system = tags[tagKeys.system]
  return system === undefined ? undefined : readerRoleName(installation, cluster, system)
}
