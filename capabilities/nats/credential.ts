import { versionToken } from '../../domain/names.ts'
import type { Credential } from '../../domain/records.ts'
import type { Action, Mint, Observed } from './actions.ts'
import { accountName } from './account.ts'
import type { Wanted } from './desired.ts'

/**
 * When a credential is minted (P2): there is none, it nears its end, somebody asked, or the key that issued it is
 * no longer the role's. One that was begun is finished as begun; one whose version went missing is put back.
 */
export function planCredential(
  desired: Wanted,
  observed: Extract<Observed, { ours: true }>,
  keyGeneration: number,
  now: number,
): Action[] {
  const { credential } = desired.memory
  const reason = mintReason(desired, observed, now)
  if (reason !== undefined) return [next(desired, keyGeneration, reason, now)]
  if (!credential) return []
  if (credential.state === 'issuing') return [again(desired, credential, keyGeneration, 'issue')]
  return has(observed, credential) ? [] : [again(desired, credential, keyGeneration, 'restore')]
}

/** A third of its life before the end, and at most a week. */
export function renewAt({ issuedAt = 0, expiresAt = 0 }: Credential): number {
  return (expiresAt - Math.min(7 * 86_400, (expiresAt - issuedAt) / 3)) * 1000
}

/** True when the credential's version is in Secrets Manager. */
export function has({ entry }: Extract<Observed, { ours: true }>, { versionId }: Credential): boolean {
  return entry.status === 'present' && entry.versions[versionId] !== undefined
}

function mintReason(
  { memory, secret, incarnation, role }: Wanted,
  { record }: Extract<Observed, { ours: true }>,
  now: number,
): Credential['reason'] {
  const { credential } = memory
  // A version of another name is of an earlier incarnation: what it held is never used again.
  if (!credential || credential.versionId !== versionToken(secret, incarnation, credential.generation)) return 'absent'
  const current = record?.roles[role]
  // A role that was taken away, or that comes back in another incarnation, is made anew with another key.
  if (current?.incarnation !== incarnation || current.key !== credential.issuer) return 'issuer'
  if (now >= renewAt(credential)) return 'expiry'
  if ((credential.wanted ?? 0) > credential.generation) return 'requested'
  return undefined
}

function next(desired: Wanted, keyGeneration: number, reason: Mint['reason'], now: number): Mint {
  const { generation: last = 0, wanted = 0 } = desired.memory.credential ?? {}
  const generation = Math.max(last + 1, wanted)
  const issuedAt = Math.floor(now / 1000)
  return mint(desired, 'issue', keyGeneration, {
    generation,
    versionId: versionToken(desired.secret, desired.incarnation, generation),
    reason,
    issuedAt,
    expiresAt: issuedAt + desired.lifetime,
  })
}

function again(desired: Wanted, credential: Credential, keyGeneration: number, type: Mint['type']): Mint {
  const { generation, versionId, reason = 'absent', issuedAt = 0, expiresAt = 0, wanted } = credential
  const numbers = { generation, versionId, reason, issuedAt, expiresAt, ...(wanted === undefined ? {} : { wanted }) }
  return mint(desired, type, keyGeneration, numbers)
}

function mint(
  { account, target, role, incarnation, secret, tags, kmsKeyId, memory }: Wanted,
  type: Mint['type'],
  keyGeneration: number,
  numbers: Pick<Mint, 'generation' | 'versionId' | 'reason' | 'issuedAt' | 'expiresAt' | 'wanted'>,
): Mint {
  const summary = `${type} credentials ${numbers.generation} of ${role} in ${accountName(account)} (${numbers.reason})`
  const key = kmsKeyId === undefined ? {} : { kmsKeyId }
  const place = { account, target, role, incarnation, keyGeneration, secret, tags, claim: memory.secret, ...key }
  return { type, summary, ...place, ...numbers }
}
