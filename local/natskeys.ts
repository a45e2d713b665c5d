import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credentialsFile, sign } from '../capabilities/nats/jwt.ts'
import { keyOf } from '../capabilities/nats/nkeys.ts'
import type { OperatorKeys } from '../capabilities/nats/operatorkeys.ts'
import { SecretValue, reveal } from '../domain/secret.ts'

/** An operator, its signing key, and its system account with one user: what `nsc init` makes. */
export interface LocalOperator {
  readonly keys: OperatorKeys
  readonly operatorJwt: string
  readonly systemAccount: string
  readonly systemJwt: string
}

/**
 * Made once, and kept in `directory` for the owner's eyes only. The identity keys are not kept: what they have
 * signed does not end, and nothing else is to be signed with them.
 */
export async function localOperator(directory: string, name: string): Promise<LocalOperator> {
  const path = join(directory, 'operator.json')
  try {
    return parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const operator = createLocalOperator(name, Date.now())
  await mkdir(directory, { recursive: true })
  // Renamed into place: a half-written file would be another operator's beginning.
  await writeFile(`${path}.new`, format(operator), { mode: 0o600 })
  await rename(`${path}.new`, path)
  return operator
}

/** `now` in epoch milliseconds. */
export function createLocalOperator(name: string, now: number): LocalOperator {
  const operator = keyOf('O', randomBytes(32))
  const signingKey = keyOf('O', randomBytes(32))
  const account = keyOf('A', randomBytes(32))
  const user = keyOf('U', randomBytes(32))
  const issuedAt = Math.floor(now / 1000)
  const systemAccount = account.publicKey
  const operatorJwt = sign(
    {
      name,
      sub: operator.publicKey,
      nats: { type: 'operator', version: 2, signing_keys: [signingKey.publicKey], system_account: systemAccount },
    },
    issuedAt,
    operator,
  )
  const limits = { subs: -1, data: -1, payload: -1, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true }
  const systemClaims = { name: 'SYS', sub: systemAccount, nats: { type: 'account', version: 2, limits } } as const
  const systemUser = {
    name: 'fairway',
    sub: user.publicKey,
    nats: { type: 'user', version: 2, subs: -1, data: -1, payload: -1 },
  } as const
  return {
    keys: {
      signingKey: signingKey.seed,
      systemCredentials: credentialsFile(sign(systemUser, issuedAt, account), user),
    },
    operatorJwt,
    systemAccount,
    systemJwt: sign(systemClaims, issuedAt, operator),
  }
}

export interface ServerConfig {
  readonly name: string
  readonly directory: string
  readonly port: number
  readonly operator: LocalOperator
  /** Streams are kept under the directory. */
  readonly jetstream?: boolean
  /** Port for clients over WebSocket. */
  readonly websocket?: number
  /** Of a cluster: where this server listens for the others, and where all of them do. */
  readonly cluster?: { readonly port: number; readonly routes: readonly number[] }
}

/** https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt/resolver */
export function configText({
  name,
  directory,
  port,
  operator,
  websocket,
  cluster,
  jetstream = false,
}: ServerConfig): string {
  const routes = cluster?.routes.map((route) => `"nats://127.0.0.1:${route}"`).join(', ')
  return [
    `server_name: ${JSON.stringify(name)}`,
    `listen: "127.0.0.1:${port}"`,
    `pid_file: ${JSON.stringify(join(directory, 'nats.pid'))}`,
    `log_file: ${JSON.stringify(join(directory, 'nats.log'))}`,
    `operator: ${operator.operatorJwt}`,
    `system_account: ${operator.systemAccount}`,
    `resolver: { type: full, dir: ${JSON.stringify(join(directory, 'accounts'))}, allow_delete: true, interval: "2m" }`,
    `resolver_preload: { ${operator.systemAccount}: ${operator.systemJwt} }`,
    ...(jetstream ? [`jetstream: { store_dir: ${JSON.stringify(join(directory, 'jetstream'))} }`] : []),
    ...(websocket === undefined ? [] : [`websocket: { listen: "127.0.0.1:${websocket}", no_tls: true }`]),
    ...(cluster ? [`cluster: { name: local, listen: "127.0.0.1:${cluster.port}", routes: [${routes}] }`] : []),
    '',
  ].join('\n')
}

function format({ keys, ...rest }: LocalOperator): string {
  const secrets = { signingKey: reveal(keys.signingKey), systemCredentials: reveal(keys.systemCredentials) }
  return `${JSON.stringify({ ...rest, keys: secrets }, null, 2)}\n`
}

function parse(text: string): LocalOperator {
  const { keys, ...rest } = JSON.parse(text) as Omit<LocalOperator, 'keys'> & {
    readonly keys: { readonly signingKey: string; readonly systemCredentials: string }
  }
  const { signingKey, systemCredentials } = keys
  return {
    ...rest,
    keys: { signingKey: new SecretValue(signingKey), systemCredentials: new SecretValue(systemCredentials) },
  }
}
