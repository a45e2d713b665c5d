import type { ActionBase, Refusal } from '../../domain/capability.ts'
import { canonical } from '../../domain/hash.ts'
import { isRefused, isSettled, ownership, refusal } from '../../domain/ownership.ts'
import type { Ownership } from '../../domain/ownership.ts'
import { samePolicy } from '../../domain/policy.ts'
import type { PolicyDocument } from '../../domain/policy.ts'
import type { Claim } from '../../domain/records.ts'
import { staleTags } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import type { EcrDesired } from './desired.ts'
import type { ObservedImage } from './images.ts'

export interface ObservedRepository {
  readonly arn: string
  readonly immutable: boolean
  readonly scanOnPush: boolean
  readonly tags: Tags
  /** JSON text. */
  readonly lifecycle: string | undefined
  readonly policy: string | undefined
}

export interface EcrObserved {
  readonly repository: ObservedRepository | undefined
  readonly images: readonly ObservedImage[]
}

interface OnRepository extends ActionBase {
  readonly repository: string
}

export type EcrAction =
  | (OnRepository & { readonly type: 'create'; readonly claim: Claim; readonly tags: Tags })
  | (OnRepository & { readonly type: 'tag'; readonly arn: string; readonly tags: Tags })
  | (OnRepository & { readonly type: 'make-immutable' })
  | (OnRepository & { readonly type: 'scan-on-push' })
  | (OnRepository & { readonly type: 'set-lifecycle'; readonly lifecycle: string })
  | (OnRepository & { readonly type: 'set-policy'; readonly policy: PolicyDocument })
  | (OnRepository & { readonly type: 'remove-policy' })
  | (OnRepository & { readonly type: 'delete' })
  | (OnRepository & { readonly type: 'release' })
  | (OnRepository & { readonly type: 'record'; readonly claim: Claim })

export function plan(desired: EcrDesired, { repository: observed }: EcrObserved): readonly (EcrAction | Refusal)[] {
  const owned = ownership({
    what: `ECR repository ${desired.repository}`,
    adopt: desired.adopt,
    claim: desired.claim,
    restoring: desired.restoring,
    installation: desired.installation,
    found: observed && { id: observed.arn, name: desired.repository, tags: observed.tags },
  })
  if (desired.ensure === 'absent') return removal(desired, owned, observed)
  if (isRefused(owned)) return [refusal(owned)]
  const claim: Claim = { id: desired.arn, incarnation: desired.incarnation }
  const { repository } = desired
  if (!observed) {
    const summary = `create repository ${repository}`
    return [{ type: 'create', summary, repository, claim, tags: desired.settings.tags }, ...configuring(desired)]
  }
  const recorded = recording(desired, claim, 'record')
  return [...marking(desired, observed), ...configuring(desired, observed), ...recorded]
}

function marking({ repository, settings }: EcrDesired, observed: ObservedRepository): EcrAction[] {
  const tags = staleTags(settings.tags, observed.tags)
  return tags ? [{ type: 'tag', summary: `tag repository ${repository}`, repository, arn: observed.arn, tags }] : []
}

/** `observed` is absent when the repository is about to be made, immutable and scanned from the start. */
function configuring({ repository, settings }: EcrDesired, observed?: ObservedRepository): EcrAction[] {
  const actions: EcrAction[] = []
  if (observed?.immutable === false) {
    actions.push({ type: 'make-immutable', summary: `make the tags of ${repository} immutable`, repository })
  }
  if (observed?.scanOnPush === false) {
    actions.push({ type: 'scan-on-push', summary: `switch scan on push on for ${repository}`, repository })
  }
  if (!sameJson(settings.lifecycle, observed?.lifecycle)) {
    const summary = `set the lifecycle policy of ${repository}`
    actions.push({ type: 'set-lifecycle', summary, repository, lifecycle: settings.lifecycle })
  }
  const { policy } = settings
  if (policy && !samePolicy(policy, observed?.policy)) {
    actions.push({ type: 'set-policy', summary: `let other accounts pull from ${repository}`, repository, policy })
  }
  if (!policy && observed?.policy !== undefined) {
    actions.push({ type: 'remove-policy', summary: `let no other account use ${repository}`, repository })
  }
  return actions
}

function recording({ repository, claim }: EcrDesired, settled: Claim, verb: string): EcrAction[] {
  if (isSettled(claim, settled)) return []
  return [{ type: 'record', summary: `${verb} repository ${repository}`, repository, claim: settled }]
}

/** With `retain` the claim stays too: a workload that comes back finds its images. */
function removal(desired: EcrDesired, owned: Ownership, observed: ObservedRepository | undefined): EcrAction[] {
  const { repository, claim, deletionPolicy } = desired
  if (owned === 'ours' && observed) {
    const { arn: id, incarnation } = desired
    if (deletionPolicy === 'retain') return recording(desired, { id, incarnation, retained: true }, 'keep')
    return [{ type: 'delete', summary: `delete repository ${repository} and its images`, repository }]
  }
  if (!claim) return []
  const summary = observed ? `leave ${repository}, which is not ours any more` : `forget ${repository}, which is gone`
  return [{ type: 'release', summary, repository }]
}

/** ECR gives lifecycle policies back with its own spacing and order of keys. */
function sameJson(wanted: string, observed: string | undefined): boolean {
  if (observed === undefined) return false
  try {
    return canonical(JSON.parse(wanted)) === canonical(JSON.parse(observed))
  } catch {
    return false
  }
}
