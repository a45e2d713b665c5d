import type { RotationStep } from '../../domain/capability.ts'
import { versionToken } from '../../domain/names.ts'
import type { Credential, PreviousGeneration } from '../../domain/records.ts'
import {
  becomesCurrent,
  begins,
  begun,
  exchanged,
  highestOf,
  inUse,
  isRotationAsked,
  rollBackTo,
} from '../../secretentries/index.ts'
import type { Action, Mint, Observed } from './actions.ts'
import { accountName } from './account.ts'
import type { Role } from './account.ts'
import { entry } from './desired.ts'
import type { Wanted } from './desired.ts'
import { isRevoked } from './revoking.ts'

type Seen = Extract<Observed, { ours: true }>

/**
 * When a credential is minted (P2): there is none, it nears its end, somebody asked, or the key that issued it is
 * no longer one of the role's. One that was begun is finished as begun; one whose version went missing is put back.
 */
export function planCredential(desired: Wanted, observed: Seen, keyGeneration: number, now: number): Action[] {
  const { credential } = desired.memory
  const reason = mintReason(desired, observed, now)
  if (reason !== undefined) {
    const record = next(desired, observed, reason, now)
    return steps(desired, record, keyGeneration, ['issue', 'stage', 'verify', 'promote'])
  }
  if (!credential) return []
  const by = issuedBy(observed, desired, credential) ?? keyGeneration
  const version = versionOf(observed, credential)
  if (version === undefined) return steps(desired, credential, by, ['stage', 'verify', 'promote'])
  if (credential.state === 'issuing') return steps(desired, credential, by, ['verify', 'promote'])
  const back = rollBackTo(credential, desired.rotation)
  // What is on record as revoked comes back for nobody, whoever asked before it was.
  if (back && versionOf(observed, back) && !isRevoked(observed, back)) {
    return steps(desired, exchanged(credential, back), by, ['promote'])
  }
  return version.includes('AWSCURRENT') ? [] : steps(desired, credential, by, ['promote'])
}

/** In epoch milliseconds. Unless it is said how long, in seconds: a third of its life before the end, at most a week. */
export function renewAt(
  { issuedAt = 0, expiresAt = 0 }: Pick<Credential, 'issuedAt' | 'expiresAt'>,
  renewBefore = Math.min(7 * 86_400, (expiresAt - issuedAt) / 3),
): number {
  return (expiresAt - renewBefore) * 1000
}

/**
 * What is on record about renewal follows what is declared. That touches no credential: one that is due by it is
 * renewed as any other (P2).
 */
export function planRenewal({ memory, renewBefore, secret }: Wanted): Action[] {
  const { credential } = memory
  if (credential?.state !== 'current') return []
  const moved = <Generation extends PreviousGeneration>(one: Generation): Generation =>
    one.expiresAt === undefined ? one : { ...one, renewAt: renewAt(one, renewBefore) }
  const { previous = [] } = credential
  const [next, ...others] = [moved(credential), ...previous.map(moved)]
  if ([credential, ...previous].every((one, index) => one.renewAt === [next, ...others][index]?.renewAt)) return []
  const changed = others.length > 0 ? { ...next, previous: others } : next
  return [{ type: 'reschedule', summary: `change when credentials of ${secret} are renewed`, credential: changed }]
}

/** The stages of a generation's version; undefined when it is not in Secrets Manager. */
export function versionOf(
  { entry }: Seen,
  { versionId }: Pick<Credential, 'versionId'>,
): readonly string[] | undefined {
  return entry.status === 'present' ? entry.versions[versionId] : undefined
}

function mintReason(desired: Wanted, seen: Seen, now: number): Credential['reason'] {
  const { record } = seen
  const { memory, secret, incarnation, role, rotation } = desired
  const { credential } = memory
  // A version of another name is of an earlier incarnation: what it held is never used again.
  if (!credential || credential.versionId !== versionToken(secret, incarnation, credential.generation)) return 'absent'
  const current = record?.roles[role]
  // A role that was taken away, or that comes back in another incarnation, is made anew with another key.
  if (current?.incarnation !== incarnation || !keysOf(current).includes(credential.issuer ?? '')) return 'issuer'
  if (isRevoked(seen, credential)) return 'revoked'
  // One that was begun is finished first: left behind, it would go on working and nobody would know of it.
  if (credential.state === 'issuing') return undefined
  if (now >= renewAt(credential, desired.renewBefore)) return 'expiry'
  if (isRotationAsked(credential, rotation)) return 'requested'
  return undefined
}

/** After a roll-back it may be an earlier one of the role's keys. */
function issuedBy({ record }: Seen, { role }: Wanted, { issuer }: Credential): number | undefined {
  const { former = [], ...current } = record?.roles[role] ?? { key: undefined, keyGeneration: 0 }
  return [current, ...former].find(({ key }) => key !== undefined && key === issuer)?.keyGeneration
}

function keysOf({ key, former = [] }: Role): readonly string[] {
  return [key, ...former.map((one) => one.key)]
}

function next(desired: Wanted, { record }: Seen, reason: NonNullable<Credential['reason']>, now: number): Credential {
  const { secret, incarnation, role } = desired
  const { credential } = desired.memory
  const generation = (credential ? highestOf(credential) : 0) + 1
  const issuedAt = Math.floor(now / 1000)
  const life = { issuedAt, expiresAt: issuedAt + desired.lifetime }
  const versionId = versionToken(secret, incarnation, generation)
  const current = record?.roles[role]
  const works = current?.incarnation === incarnation && keysOf(current).includes(inUse(credential)?.issuer ?? '')
  const numbers = {
    kind: 'nats',
    generation,
    versionId,
    reason,
    ...life,
    renewAt: renewAt(life, desired.renewBefore),
  } as const
  return begun(credential, numbers, works && reason !== 'absent')
}

function steps(
  desired: Wanted,
  credential: Credential,
  keyGeneration: number,
  names: readonly (RotationStep & Mint['type'])[],
): Mint[] {
  const { account, target, role, incarnation, secret, tags, kmsKeyId, memory } = desired
  const key = kmsKeyId === undefined ? {} : { kmsKeyId }
  const place = { account, target, role, incarnation, keyGeneration, secret, tags, claim: memory.secret, ...key }
  return names.map((step) => ({
    type: step,
    step,
    summary: `${step} credentials ${credential.generation} of ${role} in ${accountName(account)} (${credential.reason ?? 'absent'})`,
    ...place,
    credential,
    ...(step === 'issue' ? { events: [begins(entry, credential, desired.rotation)] } : {}),
    ...(step === 'promote' ? { events: [becomesCurrent(entry, credential)] } : {}),
  }))
}
