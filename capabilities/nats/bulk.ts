import { RetryLater, never } from '../../domain/errors.ts'
import type { BulkObserver, BulkPlace, DriftKind } from '../../domain/fleet.ts'
import { entryIn, ownedEntries } from '../../secretentries/index.ts'
import type { Entries, EntriesReader } from '../../secretentries/index.ts'
import { accountKeyInTable, accountName } from './account.ts'
import type { Action, Observed } from './actions.ts'
import { versionOf } from './credential.ts'
import { claimedAccount, entry, roleClaim, targetOf } from './desired.ts'
import type { Desired } from './desired.ts'
import { ownedRoles, readAccounts } from './pages.ts'
import type { Accounts, AccountsRemote } from './pages.ts'
import { shows, standing } from './standing.ts'

export interface NatsBulkRemote extends AccountsRemote {
  /** Of the place, read once for `secrets` and `nats`. */
  readonly entries: EntriesReader
}

export interface NatsSnapshot {
  readonly place: BulkPlace
  readonly entries: Entries
  readonly accounts: Accounts
}

type Seen = Extract<Observed, { ours: true }>

/**
 * Who is connected is not asked: that only ends overlaps early, and their ends are due by time. What was lost from the
 * table is not looked for either: that is done while a placement is being restored, and those are not compared.
 */
export const natsBulk: BulkObserver<Desired, Observed, Action, NatsBulkRemote, NatsSnapshot> = {
  snapshot: async (remote, place) => {
    const [entries, accounts] = await Promise.all([remote.entries(), readAccounts(remote, place)])
    return { place, entries, accounts }
  },
  observed,
  drift: (action, desired, seen) => {
    if (!seen.ours) return undefined
    const kind = action.type === 'refuse' ? refused(action.summary, desired, seen) : driftOf(action, desired, seen)
    return kind && { kind, where: whereOf(kind, desired) }
  },
  accounts: (desired) => {
    const { ensure, memory, secret, account, role } = desired
    const claimed = roleClaim({ account: claimedAccount(desired), role })
    return [
      ...(ensure === 'present' || memory.secret ? [secret] : []),
      ...(ensure === 'present' ? [roleClaim({ account, role })] : []),
      ...(memory.role ? [claimed] : []),
    ]
  },
  *owned({ place, entries, accounts }) {
    yield* ownedEntries(entries, place, (name) => name === entry)
    for (const seen of accounts.values()) yield* ownedRoles(seen, place)
  },
}

function observed(desired: Desired, { entries, accounts }: NatsSnapshot): Observed {
  const { memory, secret, role } = desired
  if (desired.ensure === 'absent' && !memory.role && !memory.secret) return { ours: false }
  const seen = { ours: true, entry: entryIn(entries, secret), connections: undefined } as const
  const { record, looks } = accounts.get(accountKeyInTable(claimedAccount(desired))) ?? {}
  if (!record || (!record.pushed && !record.pushing)) return { ...seen, record, servers: undefined }
  const look = looks?.get(targetOf(desired, record).url)
  if (look instanceof Error) throw look
  // Without a role in the account there is nothing of it to be seen.
  if (!look && record.roles[role]) throw new RetryLater(`the NATS account ${record.name} was not looked at`)
  return { ...seen, record, servers: look }
}

/** What somebody changed is drift; what time, a request or another spec brought is due. */
function driftOf(action: Action, desired: Desired, seen: Seen): DriftKind | undefined {
  const { memory } = desired
  switch (action.type) {
    case 'push':
      return pushed(desired, seen)
    case 'stage':
      return isOnRecord(desired, action.credential.versionId) ? missing(seen) : 'due'
    case 'verify':
      // Belongs to storing it; what was stored and not verified yet is begun.
      return versionOf(seen, action.credential) ? 'due' : undefined
    case 'promote':
      if (!versionOf(seen, action.credential)) return undefined
      return isOnRecord(desired, action.credential.versionId) ? 'secret-changed' : 'due'
    case 'label':
      return 'secret-changed'
    case 'tag':
      return memory.secret?.adopted ? 'due' : 'secret-tags-changed'
    case 'enroll':
    case 'withdraw':
    case 'issue':
    case 'revoke':
    case 'disconnected':
    case 'unlabel':
    case 'delete':
      return 'due'
    case 'forget':
    case 'reschedule':
    case 'claim':
    case 'rebuild':
    case 'recover':
    case 'recognise':
    case 'release':
      return undefined
    default:
      return never(action)
  }
}

/** Servers had what is on record, and show something else: an earlier copy, or nothing. */
function pushed(desired: Desired, { record, servers }: Seen): DriftKind {
  const role = record?.roles[desired.role]
  if (!record || !servers || !role || record.pushed?.generation !== record.wanted) return 'due'
  if (servers.missing) return 'nats-account-changed'
  if (!shows(servers, desired.role, role)) return 'nats-scope-changed'
  return standing(record, servers) === 'current' ? 'due' : 'nats-account-changed'
}

function missing({ entry: { status } }: Seen): DriftKind {
  return status === 'present' ? 'secret-changed' : 'secret-deleted'
}

function isOnRecord({ memory: { credential } }: Desired, versionId: string): boolean {
  return credential?.state === 'current' && credential.versionId === versionId
}

/** That an account has no room, or is another environment's, is nobody's change: it stays as it is until somebody acts. */
function refused(summary: string, { secret }: Desired, { record, servers }: Seen): DriftKind {
  if (record && servers && typeof standing(record, servers) === 'object') return 'nats-account-changed'
  return summary.startsWith(`the secret ${secret} `) ? 'disowned' : 'due'
}

function whereOf(kind: DriftKind, desired: Desired): string {
  if (kind.startsWith('secret-') || kind === 'disowned') return desired.secret
  const account = claimedAccount(desired)
  return kind === 'nats-account-changed'
    ? `NATS account ${accountName(account)}`
    : `NATS role ${roleClaim({ account, role: desired.role })}`
}
