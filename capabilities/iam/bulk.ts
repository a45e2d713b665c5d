import { ownedRoles, roleDrift } from '../../iamroles/index.ts'
import type { Roles, RolesReader } from '../../iamroles/index.ts'
import { never } from '../../domain/errors.ts'
import type { BulkObserver, BulkPlace, DriftKind, PlaceUsage } from '../../domain/fleet.ts'
import { isReaderRole, roleName, tagKeys } from '../../domain/names.ts'
import type { Tags } from '../../domain/tags.ts'
import { associationName } from './desired.ts'
import type { IamDesired } from './desired.ts'
import { readAssociations } from './pages.ts'
import type { Associations, ListedAssociation } from './pages.ts'
import type { AssociationAction, IamAction, IamObserved, ObservedAssociation } from './plan.ts'
import { noCluster, readAssociation } from './remote.ts'
import type { EksClient } from './remote.ts'

export interface IamBulkRemote {
  /** Of the account, read once for `iam` and `tenancy`. */
  readonly roles: RolesReader
  readonly eks: EksClient
  /** Of the account; absent: nobody asks how much there is room for. */
  readonly usage?: () => Promise<PlaceUsage['roles']>
}

export interface IamSnapshot {
  readonly place: BulkPlace
  readonly roles: Roles
  readonly associations: Associations
  readonly used?: PlaceUsage['roles']
}

export const iamBulk: BulkObserver<IamDesired, IamObserved, IamAction, IamBulkRemote, IamSnapshot> = {
  snapshot: async ({ roles, eks, usage }, place) => {
    const [read, associations, used] = await Promise.all([
      roles(),
      readAssociations(eks, place.clusters),
      // Of what may not be read (an older stack of a member account) there is no number, and all the rest.
      usage?.().catch(() => undefined),
    ])
    return { place, roles: read, associations, ...(used === undefined ? {} : { used }) }
  },
  observed,
  deep: async (desired, snapshot, { eks }) => {
    const seen = observed(desired, snapshot)
    if (!seen.association) return seen
    return { ...seen, association: await readAssociation(eks, desired.holder, seen.association.id) }
  },
  drift: (action, desired, seen) => {
    if (action.type === 'refuse') return { kind: 'disowned', where: refusedOn(action.summary, desired) }
    if ('holder' in action) return found(associationDrift(action, desired, seen), associationName(action.holder))
    const context = { wanted: desired.role, claim: desired.claims.role, observed: seen.role }
    return found(roleDrift(action, context), seen.role?.arn ?? desired.role?.arn ?? action.role)
  },
  usage: ({ place, associations, used }) => ({
    ...(used === undefined ? {} : { roles: used }),
    associations: Object.fromEntries(
      place.clusters.flatMap(({ name, spec }) => {
        const listed = associations.get(spec.aws.cluster)
        return listed === undefined ? [] : [[name, listed.size]]
      }),
    ),
  }),
  accounts: ({ role, claims }) => [role?.arn, claims.role?.id].filter((id) => id !== undefined),
  /** Roles only: pages do not say whose an association is; with its role gone it gives nothing. */
  *owned({ place, roles }) {
    const { name: installation } = place.installation
    for (const { name, role } of ownedRoles(roles, place, (cluster, tags) => nameIn(installation, cluster, tags))) {
      if (!isReaderRole(installation, name)) yield { id: role.arn, what: `IAM role ${name}` }
    }
  },
}

function observed(desired: IamDesired, { roles, associations }: IamSnapshot): IamObserved {
  const { holder, claims } = desired
  const role = desired.role || claims.role ? roles.get(desired.roleName) : undefined
  if (!desired.association && !claims.association) return { role, association: undefined }
  const inCluster = associations.get(holder.cluster)
  if (!inCluster && desired.association) throw noCluster(holder)
  const listed = inCluster?.get(`${holder.namespace}/${holder.serviceAccount}`)
  return { role, association: listed && assumed(desired, listed) }
}

/**
 * As wanted, where the record knows it: whether it is the recorded one, `plan` says by its ARN. One that nobody
 * recorded is taken for somebody else's.
 */
function assumed(desired: IamDesired, listed: ListedAssociation): ObservedAssociation {
  const { association: wanted, claims, installation, restoring } = desired
  const ours: Tags = wanted?.tags ?? { [tagKeys.installation]: installation.name }
  return {
    ...listed,
    roleArn: wanted?.roleArn ?? '',
    tags: claims.association || restoring ? ours : {},
    sessionTags: true,
    altered: false,
  }
}

function associationDrift(
  action: AssociationAction,
  { association: wanted, claims }: IamDesired,
  { association: observed }: IamObserved,
): DriftKind | undefined {
  switch (action.type) {
    case 'create-association':
      if (observed) return undefined
      return claims.association ? 'association-deleted' : 'due'
    case 'update-association':
    case 'tag-association':
      return 'association-changed'
    case 'delete-association':
      return wanted ? 'association-changed' : 'due'
    case 'record-association':
    case 'release-association':
      return undefined
    default:
      return never(action)
  }
}

/** A role's name ends in its own hash, so what names it is about it. */
function refusedOn(summary: string, { role, roleName: name, holder }: IamDesired): string {
  return summary.includes(name) ? (role?.arn ?? name) : associationName(holder)
}

function found(kind: DriftKind | undefined, where: string) {
  return kind && { kind, where }
}

function nameIn(installation: string, cluster: string, tags: Tags): string | undefined {
  const [system, workload] = [tags[tagKeys.system], tags[tagKeys.workload]]
  return system === undefined || workload === undefined ? undefined : roleName(installation, cluster, system, workload)
}
