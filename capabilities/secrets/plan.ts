import type { ActionBase, Refusal } from '../../domain/capability.ts'
import { isRefused, isSettled, refusal } from '../../domain/ownership.ts'
import type { Ownership } from '../../domain/ownership.ts'
import type { Claim, Credential } from '../../domain/records.ts'
import { staleTags } from '../../domain/tags.ts'
import type { Tags } from '../../domain/tags.ts'
import type { ObservedEntry, Shell } from '../../secretentries/index.ts'
import type { DesiredEntry, SecretsDesired } from './desired.ts'
import { planGenerated } from './generated.ts'
import { ownershipOf } from './observed.ts'
import type { Observed, SecretsObserved } from './observed.ts'
import { planPlaceholder } from './placeholder.ts'
import { ending } from './unpinning.ts'

interface OnEntry extends ActionBase {
  readonly entry: string
  /** Secrets Manager name. */
  readonly secret: string
}

type Making = Omit<Shell, 'secret'>

/** The next generation of a generated entry, beside the current one. */
export type Mint = OnEntry & {
  readonly type: 'mint'
  /** As it is recorded while it is begun; the version's id is the ClientRequestToken. */
  readonly credential: Credential
  readonly key: string
  readonly length: number
  readonly shell: Making
  /** The version whose value is kept, under another key; a new value when absent. */
  readonly carryFrom?: string
}

export type SecretsAction =
  /** Without a value: any version that a placeholder ever has was written by its owner. */
  | (OnEntry & { readonly type: 'create'; readonly claim: Claim; readonly shell: Making })
  | (OnEntry & { readonly type: 'restore'; readonly shell: Making })
  | (OnEntry & { readonly type: 'tag'; readonly tags: Tags })
  | Mint
  /** Of a generated entry: what was made, what is wanted back, or what somebody moved AWSCURRENT away from. */
  | (OnEntry & { readonly type: 'promote'; readonly credential: Credential })
  /** Delivers this version from now on. */
  | (OnEntry & { readonly type: 'pin'; readonly credential: Credential })
  /** Remembers what looking into a version found. */
  | (OnEntry & { readonly type: 'note'; readonly credential: Credential })
  | (OnEntry & { readonly type: 'unpin'; readonly versionId: string; readonly stage: string })
  | (OnEntry & { readonly type: 'schedule-deletion'; readonly days: number; readonly claim: Claim })
  | (OnEntry & { readonly type: 'record'; readonly claim: Claim })
  | (OnEntry & { readonly type: 'release' })

export function plan(
  desired: SecretsDesired,
  observed: SecretsObserved,
  now: number,
): readonly (SecretsAction | Refusal)[] {
  return desired.entries.flatMap((wanted): readonly (SecretsAction | Refusal)[] => {
    const found = observed[wanted.entry] ?? { entry: { status: 'absent' }, inspection: undefined }
    const owned = ownershipOf(desired, wanted, found.entry)
    if (!wanted.wanted) return removal(desired, wanted, found.entry, owned)
    if (isRefused(owned)) return [refusal(owned)]
    const entry = { ...wanted, wanted: wanted.wanted }
    // Nothing of an adopted secret is looked at or changed before it carries our tag.
    return owned === 'adopting' ? tagging(entry, found.entry) : present(desired, entry, found, now)
  })
}

export type WantedEntry = DesiredEntry & { readonly wanted: NonNullable<DesiredEntry['wanted']> }

/** The claim last: until then the record says what is not settled yet. */
function present(desired: SecretsDesired, wanted: WantedEntry, found: Observed, now: number): SecretsAction[] {
  const { incarnation } = desired
  const shell = making(desired, wanted)
  const content =
    wanted.wanted.content.kind === 'generated'
      ? planGenerated({ wanted, content: wanted.wanted.content, found, shell, incarnation, now })
      : planPlaceholder({ wanted, content: wanted.wanted.content, found })
  return [
    ...existing(wanted, found.entry, shell, incarnation),
    ...tagging(wanted, found.entry),
    ...content,
    ...ending(wanted, found.entry, content, now),
    ...recording(wanted, found.entry, incarnation),
  ]
}

function making({ key }: SecretsDesired, { wanted }: WantedEntry): Making {
  const { tags, description } = wanted
  return { tags, description, ...(key === undefined ? {} : { kmsKeyId: key }) }
}

function existing(
  { entry, secret }: WantedEntry,
  found: ObservedEntry,
  shell: Making,
  incarnation: number,
): SecretsAction[] {
  if (found.status === 'present') return []
  if (found.status === 'scheduled-deletion') {
    return [{ type: 'restore', summary: `restore the secret ${secret}`, entry, secret, shell }]
  }
  const claim = { id: secret, incarnation }
  return [{ type: 'create', summary: `create the secret ${secret}`, entry, secret, claim, shell }]
}

function tagging({ entry, secret, wanted }: WantedEntry, found: ObservedEntry): SecretsAction[] {
  const tags = found.status === 'absent' ? undefined : staleTags(wanted.tags, found.tags)
  return tags ? [{ type: 'tag', summary: `tag the secret ${secret}`, entry, secret, tags }] : []
}

/** Its ARN is known once it was seen: it ends in six characters that Secrets Manager makes up. */
function recording({ entry, secret, claim }: WantedEntry, found: ObservedEntry, incarnation: number): SecretsAction[] {
  if (found.status === 'absent') return []
  const settled: Claim = { id: found.arn, incarnation }
  if (isSettled(claim, settled)) return []
  return [{ type: 'record', summary: `record the secret ${secret}`, entry, secret, claim: settled }]
}

/** The claim outlives the secret's recovery window, so that an entry that comes back is restored. */
function removal(
  { installation }: SecretsDesired,
  { entry, secret, claim }: DesiredEntry,
  found: ObservedEntry,
  owned: Ownership,
): SecretsAction[] {
  if (!claim) return []
  if (owned === 'ours' && found.status !== 'absent') {
    const retained: Claim = { id: found.arn, incarnation: claim.incarnation, retained: true }
    if (found.status === 'scheduled-deletion') {
      if (isSettled(claim, retained)) return []
      return [{ type: 'record', summary: `${secret} can be restored for a while`, entry, secret, claim: retained }]
    }
    const days = installation.secretRecoveryDays
    const summary = `schedule the deletion of the secret ${secret} in ${days} days`
    return [{ type: 'schedule-deletion', summary, entry, secret, days, claim: retained }]
  }
  const gone = found.status === 'absent'
  const summary = gone ? `forget the secret ${secret}, which is gone` : `leave ${secret}, which is not ours any more`
  return [{ type: 'release', summary, entry, secret }]
}
