import type { Refusal } from '../../domain/capability.ts'
import { isRefused, ownership, refusal } from '../../domain/ownership.ts'
import { staleTags } from '../../domain/tags.ts'
import { delivered, highestOf, isRotationAsked } from '../../secretentries/index.ts'
import type { ObservedEntry } from '../../secretentries/index.ts'
import { accountName } from './account.ts'
import type { Role } from './account.ts'
import type { Action, Observed } from './actions.ts'
import { planCredential, planRenewal } from './credential.ts'
import { claimedAccount, roleClaim, targetOf } from './desired.ts'
import type { Desired, Unwanted, Wanted } from './desired.ts'
import { planLabels } from './labels.ts'
import { planEnds } from './revoking.ts'
import type { Lost } from './rebuild.ts'
import { planRecovery } from './recovery.ts'
import { sizeOf } from './size.ts'
import { foreignFix, shows, showsAny, standing } from './standing.ts'

type Seen = Extract<Observed, { ours: true }>

export function plan(desired: Desired, observed: Observed, now: number): readonly (Action | Refusal)[] {
  if (!observed.ours) return []
  const refused = foreign(observed)
  if (refused) return [refused]
  if (observed.lost) return rebuilding(desired, observed.lost)
  return desired.ensure === 'absent' ? planAbsent(desired, observed) : planPresent(desired, observed, now)
}

function planPresent(desired: Wanted, observed: Seen, now: number): readonly (Action | Refusal)[] {
  const refused = elsewhere(desired, observed) ?? notOurs(desired, observed.entry) ?? tooLarge(desired, observed)
  if (refused) return [refused]
  const recovery = planRecovery(desired, observed)
  if (recovery.length > 0) return recovery
  const role = roleFor(desired, observed)
  const enroll = enrolled(desired, observed, role)
  const push = enroll.length > 0 || !pushed(desired, observed) ? [pushAction(desired, desired.target)] : []
  const mint = planCredential(desired, observed, role.keyGeneration, now)
  // What is being replaced ends in a later round, when its successor is on record.
  const { ends, forget } = mint.length > 0 ? { ends: [], forget: [] } : planEnds(desired, observed, now)
  // Both are whole credentials on record: one after the other.
  const renewal = mint.length > 0 || forget.length > 0 ? [] : planRenewal(desired)
  const unseen = ends.length > 0 || endsUnseen(desired, observed)
  return [
    ...enroll,
    ...push,
    ...retag(desired, observed.entry),
    ...mint,
    ...ends,
    ...(unseen ? [pushAction(desired, desired.target)] : []),
    ...planLabels(desired, observed.entry),
    ...forget,
    ...renewal,
    ...claim(desired, observed.entry),
  ]
}

/** What ended is on record, and servers may not have heard of it: only then is it forgotten. */
function endsUnseen({ memory }: Wanted, { record }: Seen): boolean {
  if (!record || record.pushed?.generation === record.wanted) return false
  return (memory.credential?.previous ?? []).length > 0
}

function rebuilding({ account }: Desired, lost: Lost): readonly (Action | Refusal)[] {
  if (lost !== 'foreign') {
    const summary = `rebuild the record of ${named({ account })} from its servers`
    return [{ type: 'rebuild', summary, account, record: lost }]
  }
  const reason = `servers show claims for ${named({ account })} that Fairway did not write, and there is no record of it`
  return [{ type: 'refuse', summary: reason, reason, fix: foreignFix }]
}

/** In this order: nobody can connect any more before the secret goes, and the claims go last. */
function planAbsent(desired: Unwanted, { record, servers, entry }: Seen): readonly Action[] {
  const { role, memory, secret } = desired
  const account = claimedAccount(desired)
  const target = record && targetOf(desired, record)
  const gone = { ...desired, account }
  const issuers = [...new Set(delivered(memory.credential).flatMap(({ issuer }) => issuer ?? []))]
  const withdraw = record?.roles[role] !== undefined
  const push = withdraw || (servers !== undefined && showsAny(servers, role))
  return [
    ...(target && withdraw
      ? [{ type: 'withdraw', summary: `remove the role ${role} from ${named(gone)}`, account, target, role } as const]
      : []),
    ...(target && push ? [pushAction(gone, target)] : []),
    ...(target && issuers.length > 0
      ? [
          {
            type: 'disconnected',
            summary: `see that nobody of ${role} is connected to ${named(gone)}`,
            account,
            target,
            role,
            issuers,
          } as const,
        ]
      : []),
    ...(entry.status === 'present' && memory.secret && !isRefused(ownershipOf(desired, entry))
      ? [{ type: 'delete', summary: `delete the secret ${secret}`, secret, days: desired.recovery } as const]
      : []),
    { type: 'release', summary: `forget the NATS user of ${role}` } as const,
  ]
}

/** The key stays as long as the role does, unless somebody wants it replaced; numbers are not used twice. */
function roleFor({ role, incarnation, memory, rotation }: Wanted, { record }: Seen) {
  const existing = record?.roles[role]
  const { credential } = memory
  const last = Math.max(existing?.keyGeneration ?? 0, credential ? highestOf(credential) : 0)
  if (existing?.incarnation !== incarnation) return { keyGeneration: last + 1, former: [] }
  const { key, keyGeneration, former = [] } = existing
  const { request } = rotation
  if (!credential || request?.issuer !== key || !isRotationAsked(credential, rotation)) return { keyGeneration, former }
  // Also without overlap: it goes when the new one was connected with, and not before (`planEnds`).
  return { keyGeneration: last + 1, former: [...former, { key, keyGeneration }] }
}

function enrolled(
  desired: Wanted,
  { record }: Seen,
  { keyGeneration, former }: Required<Pick<Role, 'keyGeneration' | 'former'>>,
): Action[] {
  const { role, scope, incarnation, account, target, memory } = desired
  const existing = record?.roles[role]
  const same =
    existing?.incarnation === incarnation &&
    existing.keyGeneration === keyGeneration &&
    sameScope(existing.scope, scope)
  if (same && memory.role) return []
  const what = existing ? 'change the permissions of' : 'add'
  const summary = `${what} the role ${role} in ${named(desired)}`
  const claim = memory.role ? {} : { claim: { id: roleClaim(desired), incarnation } }
  return [{ type: 'enroll', summary, account, target, role, incarnation, keyGeneration, scope, former, ...claim }]
}

function sameScope(a: Wanted['scope'], b: Wanted['scope']): boolean {
  const flat = ({ publish, subscribe, respond }: Wanted['scope']) => JSON.stringify([publish, subscribe, respond])
  return flat(a) === flat(b)
}

function pushed({ role }: Wanted, { record, servers }: Seen): boolean {
  const own = record?.roles[role]
  return (
    own !== undefined && servers !== undefined && standing(record!, servers) === 'current' && shows(servers, role, own)
  )
}

function pushAction(desired: Pick<Desired, 'account' | 'role'>, target: Wanted['target']): Action {
  const { account, role } = desired
  return { type: 'push', summary: `push ${named(desired)}`, account, target, role }
}

function retag({ tags, secret }: Wanted, entry: ObservedEntry): Action[] {
  const stale = entry.status === 'present' ? staleTags(tags, entry.tags) : undefined
  return stale ? [{ type: 'tag', summary: `tag the secret ${secret}`, secret, tags: stale }] : []
}

/** By its ARN, and no longer by an adoption, which is used up. */
function claim({ memory, secret, incarnation }: Wanted, entry: ObservedEntry): Action[] {
  const { secret: claimed, credential } = memory
  if (entry.status !== 'present' || !claimed || credential?.state !== 'current') return []
  if (claimed.id === entry.arn && !claimed.adopted) return []
  return [{ type: 'claim', summary: `record the ARN of ${secret}`, claim: { id: entry.arn, incarnation } }]
}

function foreign({ record, servers }: Seen): Refusal | undefined {
  const answer = record && servers ? standing(record, servers) : undefined
  if (typeof answer !== 'object') return undefined
  return { type: 'refuse', summary: answer.foreign, reason: answer.foreign, fix: foreignFix }
}

/** An account is signed by one operator, and a role stands in one account. */
function elsewhere(desired: Wanted, { record }: Seen): Refusal | undefined {
  const { memory, target, role } = desired
  if (memory.role && memory.role.id !== roleClaim(desired)) {
    const reason = `the role ${role} stands in the account ${accountName(claimedAccount(desired))}, not in ${accountName(desired.account)}`
    return {
      type: 'refuse',
      summary: reason,
      reason,
      fix: 'give the Cluster its environment back and retire its workloads before changing it',
    }
  }
  if (record && record.operator !== target.operator) {
    const reason = `${named(desired)} belongs to the operator ${record.operator}, and the Cluster names ${target.operator}`
    return {
      type: 'refuse',
      summary: reason,
      reason,
      fix: `name the operator ${record.operator} in every Cluster of this environment`,
    }
  }
  return undefined
}

function notOurs(desired: Wanted, entry: ObservedEntry): Refusal | undefined {
  const answer = ownershipOf(desired, entry)
  return isRefused(answer) ? refusal(answer) : undefined
}

/**
 * A workload that returns has no claim any more, and its secret waits for deletion under its name: the credential
 * on record says that it was made here.
 */
function ownershipOf({ memory, installation, secret, incarnation }: Desired, entry: ObservedEntry) {
  const returning = entry.status === 'scheduled-deletion' && memory.credential ? { id: secret, incarnation } : undefined
  return ownership({
    what: `the secret ${secret}`,
    claim: memory.secret ?? returning,
    restoring: memory.restoring,
    installation,
    found: entry.status === 'absent' ? undefined : { id: entry.arn, name: secret, tags: entry.tags },
  })
}

function tooLarge(desired: Wanted, { record }: Seen): Refusal | undefined {
  const existing = record?.roles[desired.role]
  if (!record || (existing && sameScope(existing.scope, desired.scope))) return undefined
  const size = sizeOf({ ...record, roles: { ...record.roles, [desired.role]: standIn(desired) } })
  if (size.share <= 1) return undefined
  const reason = `${named(desired)} has no room for ${desired.role}: ${size.message}`
  return { type: 'refuse', summary: reason, reason, fix: 'split the System, or retire workloads of it that use NATS' }
}

function standIn({ scope, incarnation }: Wanted): Role {
  return { key: 'A'.repeat(56), keyGeneration: 1, incarnation, scope }
}

function named({ account }: Pick<Desired, 'account'>): string {
  return `the NATS account ${accountName(account)}`
}
