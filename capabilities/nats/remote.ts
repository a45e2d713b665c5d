import type { Ledger } from '../../domain/capability.ts'
import type { Random } from '../../domain/effects.ts'
import { Conflict, RetryLater, Terminal, never } from '../../domain/errors.ts'
import { canonical } from '../../domain/hash.ts'
import { generationStage } from '../../domain/names.ts'
import type { Table } from '../../domain/table.ts'
import {
  isLeastTimeOver,
  labelVersion,
  observeEntry,
  removeLabel,
  retag,
  scheduleDeletion,
} from '../../secretentries/index.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import { accountKeyInTable, accountName } from './account.ts'
import type { AccountRecord, Role } from './account.ts'
import type { Action, Enroll, Observed } from './actions.ts'
import { claimedAccount, targetOf } from './desired.ts'
import type { Desired } from './desired.ts'
import { carryOut } from './issue.ts'
import { disconnected, revoke } from './ending.ts'
import { accountKey, roleKey } from './keys.ts'
import { ensureMaster, findMaster, readMaster } from './master.ts'
import type { NatsProvider } from './provider.ts'
import { rebuilt } from './rebuild.ts'
import { recoverable } from './recoverable.ts'
import { pushAccount } from './writer.ts'
import type { WriterRemote } from './writer.ts'

export interface NatsRemote extends WriterRemote {
  readonly table: Table
  readonly provider: NatsProvider
  readonly random: Random
  /** Of the placement's account and region: credentials. */
  readonly secrets: SecretsClient
  /** Of the control plane's account: masters. */
  readonly control: SecretsClient
  /** KMS key of the control plane's credentials, for masters; the account's default when absent. */
  readonly controlKey?: string
}

/** At most one read of the table, one look at the servers, one DescribeSecret. */
export async function observe(desired: Desired, remote: NatsRemote): Promise<Observed> {
  const { memory } = desired
  if (desired.ensure === 'absent' && !memory.role && !memory.secret) return { ours: false }
  const [{ record, servers, lost }, entry] = await Promise.all([
    observeAccount(remote, desired),
    observeEntry(remote.secrets, desired.secret),
  ])
  const recovered = await recoverable(desired, entry, remote)
  const connections = await observeConnections(remote, desired, record)
  const restored = { ...(lost ? { lost } : {}), ...(recovered ? { recovered } : {}) }
  return { ours: true, record, servers, entry, connections, ...restored }
}

/** Only while an overlap may end by it. */
async function observeConnections(
  { provider, clock }: NatsRemote,
  desired: Desired,
  record: AccountRecord | undefined,
) {
  const { ensure, memory, rotation } = desired
  if (ensure === 'absent' || !record || !isLeastTimeOver(memory.credential, rotation, clock.now())) return undefined
  // Who is connected only ends an overlap early: a server that is silent is no reason to hold up anything else.
  return provider.connections(targetOf(desired, record), record.publicKey).catch((error: unknown) => {
    if (error instanceof RetryLater) return undefined
    throw error
  })
}

export async function apply(action: Action, remote: NatsRemote, ledger: Ledger): Promise<void> {
  switch (action.type) {
    case 'enroll':
      return enroll(action, remote, ledger)
    case 'withdraw':
      return withdraw(remote.table, accountKeyInTable(action.account), action.role)
    case 'push':
      return pushAccount({ remote, key: accountKeyInTable(action.account), holder: action.role, target: action.target })
    case 'issue':
    case 'stage':
    case 'verify':
    case 'promote':
      return carryOut(action, remote, ledger)
    case 'revoke':
      return revoke(action, remote)
    case 'forget':
    case 'reschedule':
      return ledger.credential('nats', action.credential)
    case 'disconnected':
      return disconnected(action, remote)
    case 'label':
      return labelVersion(remote.secrets, action.secret, action.versionId, generationStage(action.generation))
    case 'unlabel':
      return removeLabel(remote.secrets, action.secret, action.versionId, generationStage(action.generation))
    case 'tag':
      return retag(remote.secrets, action.secret, action.tags)
    case 'delete':
      return scheduleDeletion(remote.secrets, action.secret, action.days)
    case 'claim':
      return ledger.claim('secret', action.claim)
    case 'rebuild':
      return rebuild(remote.table, accountKeyInTable(action.account), action.record)
    case 'recover':
      await ledger.claim('role', action.role)
      await ledger.claim('secret', action.secret)
      return ledger.credential('nats', action.credential)
    case 'recognise':
      return recognise(action, remote)
    case 'release':
      await ledger.release('secret')
      return ledger.release('role')
    default:
      return never(action)
  }
}

/** Servers are not asked for an account that was never pushed. */
async function observeAccount(remote: NatsRemote, desired: Desired) {
  const { table, provider } = remote
  const record = await readRecord(table, accountKeyInTable(claimedAccount(desired)))
  if (record === undefined) return { record, servers: undefined, lost: await lostRecord(remote, desired) }
  if (!record.pushed && !record.pushing) return { record, servers: undefined }
  return { record, servers: await provider.read(targetOf(desired, record), record.publicKey) }
}

/** An account that was ever pushed has a master: with no record of it, the table was lost. */
async function lostRecord({ control, provider, clock }: NatsRemote, { ensure, account, target }: Desired) {
  if (ensure === 'absent' || target === undefined) return undefined
  const master = await findMaster(control, account)
  if (master === undefined) return undefined
  const { claims } = await provider.read(target, accountKey(master).publicKey)
  return rebuilt(account, target, claims, clock.now())
}

async function enroll(action: Enroll, remote: NatsRemote, ledger: Ledger): Promise<void> {
  const { account, role: name, incarnation, keyGeneration, scope, former } = action
  if (action.claim) await ledger.claim('role', action.claim)
  const table = accountKeyInTable(account)
  const record = (await readRecord(remote.table, table)) ?? (await found(action, remote, table))
  const existing = record.roles[name]
  const kept = existing?.incarnation === incarnation && existing.keyGeneration === keyGeneration
  const key = kept ? existing.key : await publicRoleKey(action, remote, record)
  const role: Role = { key, keyGeneration, incarnation, scope, ...(former.length > 0 ? { former } : {}) }
  if (existing && canonical(existing) === canonical(role)) return
  await remote.table.update(
    table,
    { set: [[['roles', name], role]], add: [[['wanted'], 1]] },
    { op: 'exists', path: ['publicKey'] },
  )
}

async function publicRoleKey(action: Enroll, { control }: NatsRemote, record: AccountRecord): Promise<string> {
  const master = await readMaster(control, action.account)
  if (accountKey(master).publicKey !== record.publicKey) {
    throw new Terminal(
      `the master secret of the NATS account ${record.name} is not the one that the account was made from`,
      {
        fix: 'restore the version of that secret which Fairway made, from a backup',
      },
    )
  }
  return roleKey(master, action, action.keyGeneration).publicKey
}

/** The account's record, made now; or by another, just before. */
async function found({ account, target }: Enroll, remote: NatsRemote, key: string): Promise<AccountRecord> {
  const master = await ensureMaster(remote.control, account, remote.random, remote.controlKey)
  try {
    await remote.table.create(key, {
      kind: 'NatsAccount',
      name: accountName(account),
      operator: target.operator,
      url: target.url,
      publicKey: accountKey(master).publicKey,
      roles: {},
      revocations: {},
      wanted: 0,
      fence: 0,
    })
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
  }
  const record = await readRecord(remote.table, key)
  if (record) return record
  throw new RetryLater(`the record of the NATS account ${accountName(account)} cannot be read yet`)
}

/** Another may have been faster. */
async function rebuild(table: Table, key: string, record: Omit<AccountRecord, 'key'>): Promise<void> {
  try {
    await table.create(key, record)
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
  }
}

type Recognise = Extract<Action, { type: 'recognise' }>

/** A key that no number gives is nobody's of ours: without the role, it is made anew, and its users with it. */
async function recognise(action: Recognise, { table, control }: NatsRemote): Promise<void> {
  const { account, role: name, incarnation, upTo } = action
  const key = accountKeyInTable(account)
  const role = (await readRecord(table, key))?.roles[name]
  if (role?.incarnation !== 0) return
  const master = await readMaster(control, account)
  const generations = Array.from({ length: upTo }, (_, index) => index + 1)
  const keyGeneration = generations.find((each) => roleKey(master, action, each).publicKey === role.key)
  if (keyGeneration === undefined) return withdraw(table, key, name)
  const known: Role = { ...role, incarnation, keyGeneration }
  await table.update(key, { set: [[['roles', name], known]] }, { op: 'exists', path: ['roles', name] })
}

async function withdraw(table: Table, key: string, role: string): Promise<void> {
  const record = await readRecord(table, key)
  if (!record?.roles[role]) return
  await table.update(
    key,
    { remove: [['roles', role]], add: [[['wanted'], 1]] },
    { op: 'exists', path: ['roles', role] },
  )
}

export async function readRecord(table: Table, key: string): Promise<AccountRecord | undefined> {
  return (await table.get(key)) as unknown as AccountRecord | undefined
}
