import { connect, credsAuthenticator, errors, wsconnect } from '@nats-io/transport-node'
import type { NatsConnection } from '@nats-io/transport-node'
import { RetryLater, Terminal, isFairwayError } from '../../domain/errors.ts'
import { reveal } from '../../domain/secret.ts'
import type { SecretValue } from '../../domain/secret.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import { ask, countServers } from './asking.ts'
import { sign } from './jwt.ts'
import { lookAt, lookAtMany } from './looking.ts'
import { keyOfSeed } from './nkeys.ts'
import type { Key } from './nkeys.ts'
import { readOperatorKeys } from './operatorkeys.ts'
import type { OperatorKeys } from './operatorkeys.ts'
import { timeouts } from './provider.ts'
import type { Connection, NatsProvider, NatsTarget } from './provider.ts'

export interface OperatorProviderOptions {
  /** Of the control plane's account, where the operators' keys are. */
  readonly control: SecretsClient
  readonly installation: string
}

interface Session {
  readonly signer: Key
  readonly connection: NatsConnection
}

/** Self-hosted servers in operator mode with the full JWT resolver, reached through their system account. */
export function operatorProvider(options: OperatorProviderOptions): NatsProvider {
  const sessions = new Map<string, Promise<Session>>()

  async function open(target: NatsTarget): Promise<Session> {
    const keys = await readOperatorKeys(options.control, options.installation, target.operator)
    return { signer: keyOfSeed('O', keys.signingKey), connection: await dialSystem(target, keys) }
  }

  /**
   * A connection that was kept may be dead without knowing it (a frozen function), or its keys replaced: then one
   * more try with a new one. What the servers themselves refused is not tried again here.
   */
  async function using<Result>(target: NatsTarget, work: (session: Session) => Promise<Result>): Promise<Result> {
    const name = `${target.operator} ${target.url}`
    const kept = sessions.get(name)
    const session = kept ?? open(target)
    sessions.set(name, session)
    try {
      return await work(await session)
    } catch (error) {
      if (sessions.get(name) === session) sessions.delete(name)
      await drop(session)
      if (kept && !isFairwayError(error)) return using(target, work)
      throw asRetry(error, target)
    }
  }

  return {
    read: (target, account) => using(target, (session) => lookAt(looking(session), account)),
    readMany: (target, accounts) => using(target, (session) => lookAtMany(looking(session), accounts)),
    push: (target, claims, issuedAt) =>
      using(target, ({ signer, connection }) => update(connection, claims.name, sign(claims, issuedAt, signer))),
    connections: (target, account) => using(target, ({ connection }) => connections(connection, account)),
    admits,
    reach: (target) => using(target, (session) => answered(session, target)),
    async close() {
      const open = [...sessions.values()]
      sessions.clear()
      await Promise.all(open.map(drop))
    },
  }
}

function looking({ connection, signer }: Session) {
  return { connection, signer: signer.publicKey }
}

/** Users of other accounts are let in too, and hear nothing of the servers. */
async function answered({ connection }: Session, target: NatsTarget): Promise<void> {
  try {
    await countServers(connection)
  } catch (error) {
    // Nobody answers, or the account does not let it ask; silence is another error.
    if (!(error instanceof errors.RequestError)) throw error
    throw new Terminal(`the system credentials of operator ${target.operator} are not of the servers’ system account`, {
      cause: error,
      fix: systemUserFix(target),
    })
  }
}

function systemUserFix({ operator }: NatsTarget): string {
  return `replace systemCredentials in the secret of the operator ${operator} with those of a user of the servers’ system account`
}

async function update(connection: NatsConnection, name: string, jwt: string): Promise<void> {
  const servers = await countServers(connection)
  const replies = await ask(connection, '$SYS.REQ.CLAIMS.UPDATE', jwt, servers, timeouts.push)
  for (const text of replies) {
    const { data, error } = JSON.parse(text) as { data?: { code?: number }; error?: { description?: string } }
    if (data?.code !== 200) {
      throw new RetryLater(`a NATS server refused the account ${name}: ${error?.description ?? 'no reason given'}`)
    }
  }
  if (replies.length < servers) {
    throw new RetryLater(`${replies.length} of ${servers} NATS servers answered the push of account ${name}`)
  }
}

/** What CONNZ shows of a connection; without `auth` it is silent about who it is. */
interface Connz {
  readonly data?: {
    readonly total?: number
    readonly connections?: readonly { readonly authorized_user?: string; readonly issuer_key?: string }[]
  }
}

/** The servers' own page size: https://docs.nats.io/running-a-nats-service/nats_admin/monitoring */
const page = 1024

/** Page by page, of all servers at once; a server with fewer connections answers with an empty page. */
async function connections(connection: NatsConnection, account: string): Promise<readonly Connection[]> {
  const servers = await countServers(connection)
  const found: Connection[] = []
  for (let offset = 0; ; offset += page) {
    const question = JSON.stringify({ auth: true, offset, limit: page })
    const replies = await ask(connection, `$SYS.REQ.ACCOUNT.${account}.CONNZ`, question, servers)
    if (replies.length < servers) {
      throw new RetryLater(`${replies.length} of ${servers} NATS servers said who is connected`)
    }
    const answers = replies.map((text) => (JSON.parse(text) as Connz).data ?? {})
    for (const one of answers.flatMap((answer) => answer.connections ?? [])) {
      found.push({ user: one.authorized_user ?? '', issuer: one.issuer_key ?? '' })
    }
    if (answers.every(({ total = 0 }) => total <= offset + page)) return found
  }
}

async function dialSystem(target: NatsTarget, keys: OperatorKeys): Promise<NatsConnection> {
  try {
    return await dial(target, keys.systemCredentials)
  } catch (error) {
    if (!isRefusal(error)) throw error
    throw new Terminal(`the NATS servers of operator ${target.operator} refuse the system credentials`, {
      cause: error,
      fix: systemUserFix(target),
    })
  }
}

async function admits(target: NatsTarget, credentials: SecretValue): Promise<boolean> {
  try {
    const connection = await dial(target, credentials)
    await connection.close()
    return true
  } catch (error) {
    if (isRefusal(error)) return false
    throw asRetry(error, target)
  }
}

/** A server that was too busy to look in time says so by the same error: that is no refusal. */
function isRefusal(error: unknown): boolean {
  if (error instanceof errors.UserAuthenticationExpiredError) return true
  return error instanceof errors.AuthorizationError && !/timeout/i.test(error.message)
}

/** No reconnecting: whoever needs it next dials anew, within bounds. */
function dial({ url }: NatsTarget, credentials: SecretValue): Promise<NatsConnection> {
  const urls = url.split(',')
  const plain = urls.filter((each) => !/^wss?:/.test(each))
  const options = {
    servers: plain.length > 0 ? plain : urls,
    authenticator: credsAuthenticator(new TextEncoder().encode(reveal(credentials))),
    name: 'fairway',
    timeout: timeouts.connect,
    reconnect: false,
    // A server that offers no TLS is refused where the Cluster says tls://.
    ...(plain.some((each) => each.startsWith('tls:')) ? { tls: {} } : {}),
  }
  return plain.length > 0 ? connect(options) : wsconnect(options)
}

async function drop(session: Promise<Session>): Promise<void> {
  const opened = await session.catch(() => undefined)
  await opened?.connection.close()
}

function asRetry(error: unknown, { url }: NatsTarget): Error {
  if (isFairwayError(error)) return error
  return new RetryLater(`NATS at ${url} could not be reached`, { cause: error })
}
