import type { Clock, Random } from '../../domain/effects.ts'
import { Conflict, RetryLater, Terminal } from '../../domain/errors.ts'
import type { Condition, Table } from '../../domain/table.ts'
import { claimsOf, fingerprint } from './account.ts'
import type { AccountRecord, Push } from './account.ts'
import { timeouts } from './provider.ts'
import type { NatsProvider, NatsTarget } from './provider.ts'
import { alarmShare, sizeOf } from './size.ts'
import { foreignFix, standing } from './standing.ts'

export interface WriterRemote {
  readonly table: Table
  readonly provider: NatsProvider
  readonly clock: Clock
  readonly random: Random
  /** Told when an account has outgrown a warning threshold. For metrics and logs. */
  readonly warn?: (message: string) => void
}

/** Servers compare `iat` in whole seconds: two pushes in one second leave the servers of a cluster disagreeing. */
const gap = 1_000
const term = 60_000
/** The longest that a push may take, a second try over a new connection included. */
const longestPush = 2 * (timeouts.connect + timeouts.request + timeouts.push)
/** In milliseconds, between looks at servers that took a push and do not work with it yet. */
const looks = [0, 100, 200, 400, 800]

interface Pushing {
  readonly remote: WriterRemote
  /** Of the account's record. */
  readonly key: string
  /**
   * The role that asks: it takes the lease of its own earlier attempt, which is over, because a workload is
   * reconciled by one execution at a time.
   */
  readonly holder: string
  readonly target: NatsTarget
}

/**
 * Brings the servers to the latest record of one account: one writer at a time, each push a whole account, and
 * nothing when another has pushed it meanwhile. NATS has no compare-and-swap, so this order is all there is.
 * Held by another: RetryLater soon, when most likely nothing is left to do.
 */
export async function pushAccount({ remote, key, holder, target }: Pushing): Promise<void> {
  const held = await take(remote, key, holder)
  try {
    const record = await afterGap(remote, held)
    if (await settled(remote, record, target)) return await release(remote, held)
    const { claims, push, writing } = await intend(remote, record, target)
    if (remote.clock.now() + longestPush > until(held)) throw new RetryLater('too late to push under this lease')
    await remote.provider.push(target, claims, push.issuedAt)
    await seen(remote, writing, target)
    await finish(remote, held, push)
  } catch (error) {
    // Best effort: a lease that is not given back runs out.
    await release(remote, held).catch(() => undefined)
    throw error
  }
}

async function take({ table, clock, random }: WriterRemote, key: string, holder: string): Promise<AccountRecord> {
  const now = clock.now()
  const free: Condition = {
    op: 'any',
    of: [
      { op: 'absent', path: ['lease'] },
      { op: 'below', path: ['lease', 'until'], value: now },
      { op: 'equals', path: ['lease', 'holder'], value: holder },
    ],
  }
  try {
    const item = await table.update(
      key,
      { set: [[['lease'], { holder, until: now + term }]], add: [[['fence'], 1]] },
      { op: 'all', of: [{ op: 'exists', path: ['publicKey'] }, free] },
    )
    return item as unknown as AccountRecord
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    const notBefore = now + gap + Math.floor(random.fraction() * gap)
    throw new RetryLater(`the account ${key} is being pushed by another`, { cause: error, notBefore })
  }
}

/** The latest record, at least a second after the push before. */
async function afterGap({ table, clock }: WriterRemote, held: AccountRecord): Promise<AccountRecord> {
  const last = Math.max(held.pushed?.at ?? 0, held.pushing?.at ?? 0)
  const wait = last + gap + 1 - clock.now()
  if (wait <= 0) return held
  await clock.sleep(Math.min(wait, gap + 1))
  return reread(table, held)
}

/** Nothing is left to push: everything on record was pushed, and is there. A foreign writer ends it. */
async function settled({ provider }: WriterRemote, record: AccountRecord, target: NatsTarget): Promise<boolean> {
  const answer = standing(record, await provider.read(target, record.publicKey))
  if (typeof answer === 'object') throw new Terminal(answer.foreign, { fix: foreignFix })
  return answer === 'current' && record.pushed?.generation === record.wanted
}

/** Records what is about to be pushed. Roles that are added from here on are in the next push. */
async function intend({ table, clock, warn }: WriterRemote, record: AccountRecord, target: NatsTarget) {
  const claims = claimsOf(record)
  const now = clock.now()
  const before = Math.max(record.pushed?.issuedAt ?? 0, record.pushing?.issuedAt ?? 0)
  const push: Push = {
    generation: record.wanted,
    fingerprint: fingerprint(claims),
    issuedAt: Math.max(Math.floor(now / 1000), before + 1),
    at: now,
  }
  const size = sizeOf(record)
  if (size.share >= alarmShare) warn?.(`the NATS account ${record.name} grows large: ${size.message}`)
  const item = await table.update(
    record.key,
    {
      set: [
        [['pushing'], push],
        [['url'], target.url],
      ],
    },
    mine(record),
  )
  return { claims, push, writing: item as unknown as AccountRecord }
}

/** 200 does not mean applied: done is when the servers show it. */
async function seen({ provider, clock }: WriterRemote, writing: AccountRecord, target: NatsTarget): Promise<void> {
  for (const wait of looks) {
    if (wait > 0) await clock.sleep(wait)
    const observation = await provider.read(target, writing.publicKey)
    const generations = observation.views.map((view) => view.generation)
    const latest = generations.every((generation) => generation === writing.pushing?.generation)
    if (latest && standing(writing, observation) === 'current') return
  }
  throw new RetryLater(`the NATS servers took the account ${writing.name} and do not work with it`)
}

async function finish({ table, clock }: WriterRemote, held: AccountRecord, push: Push): Promise<void> {
  const pushed = { ...push, at: clock.now() }
  await table.update(held.key, { set: [[['pushed'], pushed]], remove: [['pushing'], ['lease']] }, mine(held))
}

async function release({ table }: WriterRemote, held: AccountRecord): Promise<void> {
  await table.update(held.key, { remove: [['lease']] }, mine(held))
}

async function reread(table: Table, { key, fence }: AccountRecord): Promise<AccountRecord> {
  const record = (await table.get(key)) as unknown as AccountRecord | undefined
  if (record?.fence !== fence) throw new RetryLater(`another took over the push of ${key}`)
  return record
}

function mine({ fence }: AccountRecord): Condition {
  return { op: 'equals', path: ['fence'], value: fence }
}

function until({ lease }: AccountRecord): number {
  return lease?.until ?? 0
}
