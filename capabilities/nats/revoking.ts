import { end, overIn, without } from '../../secretentries/index.ts'
import type { PreviousGeneration } from '../../domain/records.ts'
import { accountName } from './account.ts'
import type { Action, Observed } from './actions.ts'
import { entry } from './desired.ts'
import type { Wanted } from './desired.ts'

type Seen = Extract<Observed, { ours: true }>

/**
 * The end of overlaps: users that had their time are revoked, and so are keys of the role that no working credential
 * was issued by. Only when servers show that are they forgotten: first `users`, a push, then `records`.
 */
export function planEnds(desired: Wanted, seen: Seen, now: number) {
  const { credential } = desired.memory
  if (credential?.state !== 'current') return { ends: [], forget: [] }
  const ended = overIn(credential, desired.rotation, now, (previous) => isUsed(seen, credential, previous))
  // One that is on record as revoked is only to be forgotten.
  const over = (credential.previous ?? []).filter((one) => ended.includes(one) || isRevoked(seen, one))
  const left = [credential, ...(credential.previous ?? []).filter((previous) => !over.includes(previous))]
  const users = over.filter((previous) => stillValid(seen, previous, now))
  const keys = unused(desired, seen, left)
  return { ends: revoke(desired, users, keys), forget: forget(desired, over) }
}

/**
 * That nobody is connected does not say that nobody starts with it: a CronJob between its runs, a Deployment at zero, a
 * branch that is not applied yet. Only a client of the new one shows that the new one has arrived.
 */
function isUsed({ connections }: Seen, current: PreviousGeneration, previous: PreviousGeneration): boolean | undefined {
  const isConnected = ({ publicKey }: PreviousGeneration) =>
    connections?.some(({ user }) => user === publicKey) === true
  if (isConnected(previous)) return true
  return isConnected(current) ? false : undefined
}

/** An expired one is refused anyway, and what is on record as revoked needs no second entry. */
function stillValid(seen: Seen, previous: PreviousGeneration, now: number): boolean {
  return (previous.expiresAt ?? 0) * 1000 > now && !isRevoked(seen, previous)
}

export function isRevoked({ record }: Seen, { publicKey = '' }: Pick<PreviousGeneration, 'publicKey'>): boolean {
  return record?.revocations[publicKey] !== undefined
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
    {
      type: 'forget',
      step: 'prune',
      summary: `end the overlap of generation ${generations} of ${secret}`,
      credential,
      events: end(entry, over, credential),
    },
  ]
}
