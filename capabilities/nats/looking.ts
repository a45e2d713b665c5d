import type { NatsConnection } from '@nats-io/transport-node'
import { RetryLater, isFairwayError } from '../../domain/errors.ts'
import { viewOf } from './account.ts'
import { ask, askMeanwhile, countServers } from './asking.ts'
import { read } from './jwt.ts'
import { timeouts } from './provider.ts'
import type { Look, Observation } from './provider.ts'

/** Accounts as the servers of one connection have them; `signer` is who signs them now. */
interface Looking {
  readonly connection: NatsConnection
  readonly signer: string
}

export async function lookAt(looking: Looking, account: string): Promise<Observation> {
  const { connection } = looking
  const servers = countServers(connection)
  return observe(looking, account, await askMeanwhile(connection, questionAbout(account), '', servers))
}

/** Questions that are on their way at once: each is answered by every server with a whole account. */
const parallel = 16

/** What one account's question fails with is that account's alone; a connection that fails is everybody's. */
export async function lookAtMany(looking: Looking, accounts: readonly string[]): Promise<ReadonlyMap<string, Look>> {
  const servers = await countServers(looking.connection)
  const looks = new Map<string, Look>()
  const left = accounts.values()
  const look = async (account: string) =>
    observe(looking, account, await ask(looking.connection, questionAbout(account), '', servers))
  const worker = async () => {
    for (const account of left) looks.set(account, await look(account).catch(asLook))
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return looks
}

function asLook(error: unknown): Look {
  if (isFairwayError(error)) return error
  throw error
}

function questionAbout(account: string): string {
  return `$SYS.REQ.ACCOUNT.${account}.INFO`
}

/** `loaded`: what each server that answered has in its memory. */
async function observe(
  { connection, signer }: Looking,
  account: string,
  loaded: readonly string[],
): Promise<Observation> {
  if (loaded.length === 0) throw new RetryLater(`no NATS server said what it has of the account ${account}`)
  const inMemory = loaded.flatMap((text) => {
    const jwt = (JSON.parse(text) as { data?: { jwt?: string } | null }).data?.jwt
    return jwt ? [jwt] : []
  })
  if (inMemory.length === loaded.length) return { signer, ...shown(inMemory), missing: false }
  const replies = await ask(connection, `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`, '', loaded.length, timeouts.lookup)
  const stored = replies.filter((text) => text !== '')
  return { signer, ...shown([...inMemory, ...stored]), missing: stored.length < loaded.length }
}

/** Servers of a cluster mostly have the same, which is read once. */
function shown(jwts: readonly string[]): Pick<Observation, 'views' | 'claims'> {
  const known = new Map([...new Set(jwts)].map((jwt) => [jwt, readView(jwt)]))
  const all = jwts.flatMap((jwt) => known.get(jwt) ?? [])
  return { views: all.map(({ view }) => view), claims: all.map(({ claims }) => claims) }
}

function readView(jwt: string) {
  const claims = read(jwt)
  return { claims, view: viewOf(claims) }
}
