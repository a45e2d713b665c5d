import { isOver, without } from '../../secretentries/index.ts'
import type { PreviousGeneration } from '../../domain/records.ts'
import { accountName } from './account.ts'
import type { Action, Observed } from './actions.ts'
import type { Wanted } from './desired.ts'

type Seen = Extract<Observed, { ours: true }>

/**
 * The end of overlaps: users that had their time are revoked, and so are keys of the role that no working credential
 * was issued by. Only when servers show that are they forgotten: first `users`, a push, then `records`.
 */
export function planEnds(desired: Wanted, seen: Seen, now: number) {
  const { credential } = desired.memory
  if (credential?.state !== 'current') return { ends: [], forget: [] }
  const over = (credential.previous ?? []).filter((previous) =>
    isOver(credential, previous, desired.rotation, now, isUsed(seen, previous)),
  )
  const left = [credential, ...(credential.previous ?? []).filter((previous) => !over.includes(previous))]
  const users = over.filter((previous) => stillValid(seen, previous, now))
  const keys = unused(desired, seen, left)
  return { ends: revoke(desired, users, keys), forget: forget(desired, over) }
}

function isUsed({ connections }: Seen, { publicKey }: PreviousGeneration): boolean | undefined {
  return connections?.some(({ user }) => user === publicKey)
}

/** An expired one is refused anyway, and what is on record as revoked needs no second entry. */
function stillValid({ record }: Seen, { publicKey = '', expiresAt = 0 }: PreviousGeneration, now: number): boolean {
  return expiresAt * 1000 > now && record?.revocations[publicKey] === undefined
}

function unused({ role }: Wanted, { record }: Seen, working: readonly PreviousGeneration[]): readonly string[] {
  const former = record?.roles[role]?.former ?? []
  return former.map(({ key }) => key).filter((key) => working.every(({ issuer }) => issuer !== key))
}

function revoke(desired: Wanted, users: readonly PreviousGeneration[], keys: readonly string[]): Action[] {
  if (users.length === 0 && keys.length === 0) return []
  const { account, target, role } = desired
  const what = [
    ...users.map(({ generation }) => `credentials ${generation}`),
    ...(keys.length > 0 ? ['replaced keys'] : []),
  ]
  const revoked = users.map(({ publicKey = '', issuedAt = 0, expiresAt = 0 }) => {
    return { key: publicKey, issuedAt, until: expiresAt }
  })
  const summary = `revoke ${what.join(', ')} of ${role} in ${accountName(account)}`
  return [{ type: 'revoke', step: 'revoke', summary, account, target, role, users: revoked, keys }]
}

function forget({ memory, secret }: Wanted, over: readonly PreviousGeneration[]): Action[] {
  if (!memory.credential || over.length === 0) return []
  const credential = over.reduce(without, memory.credential)
  const generations = over.map(({ generation }) => generation).join(', ')
  return [
    { type: 'forget', step: 'prune', summary: `end the overlap of generation ${generations} of ${secret}`, credential },
  ]
}
