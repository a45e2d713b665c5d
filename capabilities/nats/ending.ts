import type { Clock } from '../../domain/effects.ts'
import { RetryLater } from '../../domain/errors.ts'
import type { Table } from '../../domain/table.ts'
import { accountKeyInTable } from './account.ts'
import type { AccountRecord } from './account.ts'
import type { Action } from './actions.ts'
import type { NatsProvider } from './provider.ts'

interface EndingRemote {
  readonly table: Table
  readonly provider: NatsProvider
  readonly clock: Clock
}

/** In our record; servers hear of it by the next push. Entries that no valid credential needs go along with it. */
export async function revoke(
  { account, role, users, keys }: Extract<Action, { type: 'revoke' }>,
  { table, clock }: EndingRemote,
): Promise<void> {
  const key = accountKeyInTable(account)
  const record = (await table.get(key)) as unknown as AccountRecord | undefined
  if (record === undefined) return
  const now = Math.floor(clock.now() / 1000)
  const former = record.roles[role]?.former ?? []
  const left = former.filter((one) => !keys.includes(one.key))
  const stale = Object.keys(record.revocations).filter((user) => (record.revocations[user]?.until ?? 0) < now)
  // A revocation counts for credentials that were issued up to its time.
  const entries = users.map(({ key: user, issuedAt, until }) => {
    return [['revocations', user], { at: Math.max(now, issuedAt), until }] as const
  })
  const changed = left.length < former.length
  if (entries.length === 0 && !changed) return
  await table.update(
    key,
    {
      set: [...entries, ...(changed && left.length > 0 ? [[['roles', role, 'former'], left] as const] : [])],
      remove: [
        ...stale.map((user) => ['revocations', user]),
        ...(changed && left.length === 0 ? [['roles', role, 'former']] : []),
      ],
      add: [[['wanted'], 1]],
    },
    { op: 'exists', path: ['publicKey'] },
  )
}

/** In milliseconds, between looks at servers that were told to cut somebody off. */
const looks = [0, 100, 200, 400, 800]

/** 200 does not mean applied: done is when nobody is connected by these keys. */
export async function disconnected(
  { account, target, role, issuers }: Extract<Action, { type: 'disconnected' }>,
  { table, provider, clock }: EndingRemote,
): Promise<void> {
  const record = (await table.get(accountKeyInTable(account))) as unknown as AccountRecord | undefined
  if (record === undefined) return
  for (const wait of looks) {
    if (wait > 0) await clock.sleep(wait)
    const connections = await provider.connections(target, record.publicKey)
    if (connections.every(({ issuer }) => !issuers.includes(issuer))) return
  }
  throw new RetryLater(`clients of ${role} are still connected to the NATS account ${record.name}`)
}
