import { never } from '../domain/errors.ts'
import type { BulkPlace, DriftKind } from '../domain/fleet.ts'
import { flatNamePattern, rolePath, tagKeys } from '../domain/names.ts'
import type { Claim } from '../domain/records.ts'
import type { Tags } from '../domain/tags.ts'
import type { Roles } from './bulk.ts'
import type { ObservedRole, RoleAction, WantedRole } from './role.ts'

export interface RoleContext {
  readonly wanted: WantedRole | undefined
  readonly claim: Claim | undefined
  readonly observed: ObservedRole | undefined
}

/** What an action of `planRole` mends. */
export function roleDrift(action: RoleAction, { wanted, claim, observed }: RoleContext): DriftKind | undefined {
  switch (action.type) {
    case 'create-role':
      // Without a claim there never was one.
      return claim ? 'role-deleted' : 'due'
    case 'set-policy':
      return observed ? 'policy-changed' : undefined
    case 'set-trust':
      return 'trust-changed'
    case 'set-boundary':
      return 'boundary-changed'
    case 'tag-role':
      return 'role-changed'
    case 'remove-policy':
    case 'detach-policy':
      return wanted ? 'role-changed' : undefined
    case 'delete-role':
      return 'due'
    case 'record-role':
    case 'release-role':
      return undefined
    default:
      return never(action)
  }
}

/**
 * Those with the installation's tag, and path and name as Fairway gives them, that belong to the place. Roles are in no region: what tells is that the name is
 * the one that `nameIn` gives in one of its clusters, or the region that the trust policy names (a cluster that is
 * gone). A role of which neither can be said belongs to another place of the account, or is nobody's to tell.
 */
export function* ownedRoles(
  roles: Roles,
  place: BulkPlace,
  nameIn: (cluster: string, tags: Tags) => string | undefined,
): Iterable<{ readonly name: string; readonly role: ObservedRole }> {
  const ours = flatNamePattern(place.installation.name)
  for (const [name, role] of roles) {
    const made = ours.test(name) && role.arn.endsWith(`:role${rolePath}${name}`)
    if (!made || role.tags[tagKeys.installation] !== place.installation.name) continue
    const named = place.clusters.some((cluster) => nameIn(cluster.name, role.tags) === name)
    if (named || regionOf(role.trust) === place.region) yield { name, role }
  }
}

/** Of the cluster, or of its OIDC issuer. */
function regionOf(trust: string): string | undefined {
  return /\barn:[^:"]+:eks:([a-z0-9-]+):|\boidc\.eks\.([a-z0-9-]+)\./.exec(trust)?.slice(1).find(Boolean)
}
