import { RetryLater, isFairwayError } from '../../domain/errors.ts'
import type { BulkPlace, OwnedThing } from '../../domain/fleet.ts'
import type { Item, Table } from '../../domain/table.ts'
import { formerKeyOf } from './account.ts'
import type { AccountRecord } from './account.ts'
import type { Look, NatsProvider, NatsTarget } from './provider.ts'
import { standing } from './standing.ts'

export interface AccountsRemote {
  readonly table: Pick<Table, 'ofKind' | 'getMany'>
  readonly provider: Pick<NatsProvider, 'readMany'>
}

export interface SeenAccount {
  readonly record: AccountRecord
  /** By URL of the servers that were asked. None where it has no role in this place. */
  readonly looks: ReadonlyMap<string, Look>
}

/** By key of the record. */
export type Accounts = ReadonlyMap<string, SeenAccount>

type Recorded = AccountRecord & Item

/** An account that is being pushed while it is looked at is looked at again, that often in all. */
const rounds = 2

/**
 * Every account on record, and what servers show of those with roles in the place: one question per account. A record
 * that changed meanwhile says nothing about what servers showed before, or after.
 */
export async function readAccounts(remote: AccountsRemote, { clusters }: BulkPlace): Promise<Accounts> {
  const accounts = new Map<string, SeenAccount>()
  let open = await allRecords(remote.table)
  for (let round = 0; open.length > 0 && round < rounds; round++) {
    const looks = await lookAt(remote.provider, open, clusters)
    for (const record of open) accounts.set(record.key, { record, looks: looks.get(record.key) ?? new Map() })
    open = await changed(
      remote.table,
      open.filter(({ key }) => looks.has(key)),
    )
  }
  for (const record of open) accounts.set(record.key, unsettled(record, accounts))
  return accounts
}

/** Roles of the place's clusters, on record or known to servers; those of other clusters are of other places. */
export function* ownedRoles({ record, looks }: SeenAccount, { clusters }: BulkPlace): Iterable<OwnedThing> {
  const shown = [...looks.values()].flatMap((look) =>
    look instanceof Error || typeof standing(record, look) === 'object'
      ? []
      : look.views.flatMap(({ roles }) => Object.keys(roles).map((name) => formerKeyOf(name)?.role ?? name)),
  )
  for (const role of new Set([...Object.keys(record.roles), ...shown])) {
    const id = `${record.name} ${role}`
    if (clusters.some(({ name }) => isIn(name, role)))
      yield { id, what: `NATS role ${role} in the account ${record.name}` }
  }
}

/** In order of key, and each of them strongly consistent. */
async function allRecords(table: AccountsRemote['table']): Promise<Recorded[]> {
  const records: Recorded[] = []
  let cursor: string | undefined
  do {
    const page = await table.ofKind('NatsAccount', { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    records.push(...(page.items as unknown as Recorded[]))
    cursor = page.cursor
  } while (cursor !== undefined)
  return records
}

async function changed(table: AccountsRemote['table'], before: readonly Recorded[]): Promise<Recorded[]> {
  const known = new Map(before.map(({ key, revision }) => [key, revision]))
  const after = (await table.getMany([...known.keys()])) as unknown as Recorded[]
  return after.filter(({ key, revision }) => revision !== known.get(key))
}

function unsettled(record: AccountRecord, accounts: Accounts): SeenAccount {
  const urls = [...(accounts.get(record.key)?.looks.keys() ?? [])]
  const error = new RetryLater(`the NATS account ${record.name} is being pushed`)
  return { record, looks: new Map(urls.map((url) => [url, error])) }
}

/** By key of the record, then by URL: all targets at once, and what fails is one target's, or one account's. */
async function lookAt(
  provider: AccountsRemote['provider'],
  records: readonly Recorded[],
  clusters: BulkPlace['clusters'],
): Promise<ReadonlyMap<string, Map<string, Look>>> {
  const asked = new Map<string, { readonly target: NatsTarget; readonly records: Recorded[] }>()
  for (const record of records) {
    for (const url of urlsOf(record, clusters)) {
      const { operator } = record
      const question = asked.get(`${operator} ${url}`) ?? { target: { operator, url }, records: [] }
      question.records.push(record)
      asked.set(`${operator} ${url}`, question)
    }
  }
  const looks = new Map<string, Map<string, Look>>()
  await Promise.all(
    [...asked.values()].map(async ({ target, records: those }) => {
      const answers = await looksOf(provider, target, those)
      for (const [index, { key }] of those.entries()) {
        looks.set(key, (looks.get(key) ?? new Map<string, Look>()).set(target.url, answers[index] as Look))
      }
    }),
  )
  return looks
}

/** Without the claims as they were signed: they are for rebuilding a record, and are as large as all the rest. */
async function looksOf(
  provider: AccountsRemote['provider'],
  target: NatsTarget,
  records: readonly Recorded[],
): Promise<readonly Look[]> {
  try {
    const found = await provider.readMany(
      target,
      records.map(({ publicKey }) => publicKey),
    )
    return records.map(({ publicKey, name }) => {
      const look = found.get(publicKey) ?? new RetryLater(`nothing was said about the NATS account ${name}`)
      return look instanceof Error ? look : { ...look, claims: [] }
    })
  } catch (error) {
    if (!isFairwayError(error)) throw error
    return records.map(() => error)
  }
}

/**
 * The servers that `targetOf` gives in the clusters that have a role in the account. One without any role, which
 * servers may still show some in, is asked where a cluster would have one. What was never pushed is nowhere.
 */
function urlsOf(record: AccountRecord, clusters: BulkPlace['clusters']): ReadonlySet<string> {
  if (!record.pushed && !record.pushing) return new Set()
  const roles = Object.keys(record.roles)
  const urls = clusters.flatMap(({ name, spec }) => {
    const own = spec.nats?.operator === record.operator && record.name.endsWith(`/${spec.environment}`)
    const has = roles.some((role) => isIn(name, role))
    if (has || (own && roles.length === 0)) return [own && spec.nats ? spec.nats.url : record.url]
    return []
  })
  return new Set(urls)
}

function isIn(cluster: string, role: string): boolean {
  return role.startsWith(`${cluster}/`)
}
