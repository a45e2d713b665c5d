import { planRole } from '../../iamroles/index.ts'
import type { ObservedRole, RoleAction } from '../../iamroles/index.ts'
import type { ActionBase, Refusal } from '../../domain/capability.ts'
import { isRefused, isSettled, ownership, refusal } from '../../domain/ownership.ts'
import type { Claim } from '../../domain/records.ts'
import { staleTags } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import { associationName } from './desired.ts'
import type { Holder, IamDesired } from './desired.ts'

export interface ObservedAssociation {
  readonly id: string
  readonly arn: string
  readonly roleArn: string
  readonly tags: Tags
  /** Without session tags the trust policy's conditions never hold. */
  readonly sessionTags: boolean
  /** It chains to another role or narrows the session: never of our making, and not undone by an update. */
  readonly altered: boolean
}

export interface IamObserved {
  readonly role: ObservedRole | undefined
  readonly association: ObservedAssociation | undefined
}

interface OnAssociation extends ActionBase {
  readonly holder: Holder
}

export type AssociationAction =
  | (OnAssociation & {
      readonly type: 'create-association'
      readonly roleArn: string
      readonly tags: Tags
      readonly claim: Claim
    })
  | (OnAssociation & { readonly type: 'update-association'; readonly id: string; readonly roleArn: string })
  | (OnAssociation & { readonly type: 'tag-association'; readonly arn: string; readonly tags: Tags })
  | (OnAssociation & { readonly type: 'delete-association'; readonly id: string })
  /** The claim as it is when all is settled: the ARN, this incarnation, no longer `adopted`. */
  | (OnAssociation & { readonly type: 'record-association'; readonly claim: Claim })
  | (OnAssociation & { readonly type: 'release-association' })

export type IamAction = RoleAction | AssociationAction

/** The role before what points to it, and the other way round when both go. */
export function plan(desired: IamDesired, observed: IamObserved): readonly (IamAction | Refusal)[] {
  const role = planRole({
    name: desired.roleName,
    wanted: desired.role,
    observed: observed.role,
    claim: desired.claims.role,
    restoring: desired.restoring,
    incarnation: desired.incarnation,
    installation: desired.installation,
    adopt: desired.adopt.role,
  })
  const association = planAssociation(desired, observed.association)
  return desired.role ? [...role, ...association] : [...association, ...role]
}

function planAssociation(
  desired: IamDesired,
  observed: ObservedAssociation | undefined,
): readonly (AssociationAction | Refusal)[] {
  const { holder, association: wanted, incarnation } = desired
  const claim = desired.claims.association
  const what = `Pod Identity association ${associationName(holder)}`
  const owned = ownership({
    what,
    adopt: desired.adopt.association,
    claim,
    restoring: desired.restoring,
    installation: desired.installation,
    found: observed && { id: observed.arn, name: associationName(holder), tags: observed.tags },
  })
  if (!wanted) {
    if (owned === 'ours' && observed) {
      return [{ type: 'delete-association', summary: `delete ${what}`, holder, id: observed.id }]
    }
    if (!claim) return []
    const summary = observed ? `leave ${what}, which is not ours any more` : `forget ${what}, which is gone`
    return [{ type: 'release-association', summary, holder }]
  }
  if (isRefused(owned)) return [refusal(owned)]
  const claimed: Claim = { id: associationName(holder), incarnation }
  const summary = `create ${what}`
  const create: AssociationAction = { type: 'create-association', summary, holder, ...wanted, claim: claimed }
  if (!observed) return [create]
  if (!observed.altered) return drift(desired, wanted, observed)
  const replaced = `delete ${what}, which was altered, to make it again`
  return [{ type: 'delete-association', summary: replaced, holder, id: observed.id }, create]
}

function drift(
  { holder, claims, incarnation }: IamDesired,
  wanted: NonNullable<IamDesired['association']>,
  observed: ObservedAssociation,
): AssociationAction[] {
  const what = `Pod Identity association ${associationName(holder)}`
  const actions: AssociationAction[] = []
  const tags = staleTags(wanted.tags, observed.tags)
  if (tags) actions.push({ type: 'tag-association', summary: `tag ${what}`, holder, arn: observed.arn, tags })
  if (observed.roleArn !== wanted.roleArn || !observed.sessionTags) {
    const summary = `point ${what} to its role`
    actions.push({ type: 'update-association', summary, holder, id: observed.id, roleArn: wanted.roleArn })
  }
  const settled: Claim = { id: observed.arn, incarnation }
  if (!isSettled(claims.association, settled)) {
    actions.push({ type: 'record-association', summary: `record ${what}`, holder, claim: settled })
  }
  return actions
}
