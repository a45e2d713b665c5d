import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { claimsOf } from '../../capabilities/nats/account.ts'
import type { Revocation, Role } from '../../capabilities/nats/account.ts'
import { credentials } from '../../capabilities/nats/jwt.ts'
import { keyOf } from '../../capabilities/nats/nkeys.ts'
import { operatorProvider } from '../../capabilities/nats/operator.ts'
import { operatorSecret, operatorSecretName } from '../../capabilities/nats/operatorkeys.ts'
import type { NatsProvider, NatsTarget } from '../../capabilities/nats/provider.ts'
import { reveal } from '../../domain/secret.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import { createLocalOperator } from '../../local/natskeys.ts'
import type { LocalOperator } from '../../local/natskeys.ts'
import { findNatsServer, freePort, launchServer } from '../../local/natsserver.ts'

/** Real servers for tests, and what talks to them. */

export const installation = 'acme'

export interface Binary {
  /** `nats-server 2.9.10` */
  readonly label: string
  readonly path: string
}

/** `NATS_SERVER_BIN` (newest) and `NATS_SERVER_29_BIN`; whatever else is found; each version once. */
export async function natsBinaries(): Promise<readonly Binary[]> {
  const root = join(import.meta.dirname, '../..')
  const { NATS_SERVER_BIN: newest, NATS_SERVER_29_BIN: old, ...others } = process.env
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'nats-server'))
  const candidates = [newest, await findNatsServer(others, root), old, ...onPath]
  const paths = candidates.filter((path): path is string => path !== undefined && existsSync(path))
  const found = new Map<string, Binary>()
  for (const path of new Set(paths)) {
    const { stdout } = await promisify(execFile)(path, ['--version'])
    const label = `nats-server ${/v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? stdout.trim()}`
    if (!found.has(label)) found.set(label, { label, path })
  }
  if (found.size === 0) process.stderr.write(`${noServer}\n`)
  return [...found.values()]
}

export const noServer =
  'skipped: no nats-server found; set NATS_SERVER_BIN (and NATS_SERVER_29_BIN), or put one on PATH'

export interface RealServers {
  readonly target: NatsTarget
  readonly operator: LocalOperator
  /** `ws://…` of the first. */
  readonly websocket: string
  stop(): Promise<void>
  /** Ends all and starts them again, on the same ports and stores. */
  restart(): Promise<void>
  /** The same, and what they had stored is gone. */
  forget(): Promise<void>
  /** One of them hears nothing for a while. */
  pause(index: number): void
  resume(index: number): void
}

/** Servers of one new operator; several of them form a cluster. */
export async function startServers(binary: string, count = 1, jetstream = false): Promise<RealServers> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-nats-'))
  const operator = createLocalOperator('main', Date.now())
  const ports = await Promise.all(Array.from({ length: count * 2 + 1 }, () => freePort()))
  const routes = ports.slice(count, count * 2)
  const websocket = ports[count * 2] ?? 0
  const configs = ports.slice(0, count).map((port, index) => ({
    name: `server-${index}-${port}`,
    directory: join(directory, String(index)),
    port,
    operator,
    jetstream,
    ...(index === 0 ? { websocket } : {}),
    ...(count > 1 ? { cluster: { port: routes[index] ?? 0, routes } } : {}),
  }))
  const launch = () => Promise.all(configs.map((config) => launchServer(binary, config)))
  const url = ports.slice(0, count).map((port) => `nats://127.0.0.1:${port}`)
  let servers = await launch()
  await formed(url, operator, count)
  const again = async (meanwhile: () => Promise<unknown>) => {
    await Promise.all(servers.map((server) => server.stop()))
    await meanwhile()
    servers = await launch()
    await formed(url, operator, count)
  }
  const signal = (index: number, name: 'SIGSTOP' | 'SIGCONT') =>
    void process.kill(Number(readFileSync(join(directory, String(index), 'nats.pid'), 'utf8')), name)
  return {
    target: { operator: 'main', url: url.join(',') },
    operator,
    websocket: `ws://127.0.0.1:${websocket}`,
    restart: () => again(async () => undefined),
    forget: () =>
      again(() => Promise.all(configs.map((each) => rm(join(each.directory, 'accounts'), { recursive: true })))),
    pause: (index) => signal(index, 'SIGSTOP'),
    resume: (index) => signal(index, 'SIGCONT'),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
      await rm(directory, { recursive: true })
    },
  }
}

/** Every server sees all of them. */
async function formed(urls: readonly string[], { keys }: LocalOperator, count: number): Promise<void> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(reveal(keys.systemCredentials)))
  for (const servers of urls) {
    const connection = await connect({ servers, authenticator, ignoreClusterUpdates: true })
    for (let seen = 0; seen < count;) {
      const { statsz } = (await connection.request('$SYS.REQ.SERVER.PING.STATSZ')).json<{
        statsz: { active_servers: number }
      }>()
      seen = statsz.active_servers
    }
    await connection.close()
  }
}

/** The real provider, with the operator's keys where it looks for them. */
export async function providerFor(
  control: SecretsClient,
  operator: LocalOperator,
  name = 'main',
): Promise<NatsProvider> {
  const SecretString = reveal(operatorSecret(operator.keys))
  await control.send(new CreateSecretCommand({ Name: operatorSecretName(installation, name), SecretString }))
  return operatorProvider({ control, installation })
}

/** The content of the credentials file in one version of a placement's entry. */
export async function credentialsIn(secrets: SecretsClient, secret: string, versionId: string): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secret, VersionId: versionId }))
  return (JSON.parse(SecretString ?? '{}') as Record<string, string>)['nats.creds'] ?? ''
}

export function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** A new account with one role and one user. */
export function sampleAccount() {
  const [identity, issuer, user] = [
    keyOf('A', randomBytes(32)),
    keyOf('A', randomBytes(32)),
    keyOf('U', randomBytes(32)),
  ]
  const scope = { publish: ['quotes.created'], subscribe: [], respond: false }
  const role: Role = { key: issuer.publicKey, keyGeneration: 1, incarnation: 1, scope }
  const at = (
    wanted: number,
    roles: Record<string, Role> = { 'dev/quotes': role },
    revocations: Record<string, Revocation> = {},
  ) => claimsOf({ name: 'policy-admin/dev', publicKey: identity.publicKey, roles, revocations, wanted })
  return {
    id: identity.publicKey,
    role,
    user,
    at,
    claims: at(1),
    file: (changes: Partial<Parameters<typeof credentials>[0]>) =>
      credentials({
        name: 'quotes',
        account: identity.publicKey,
        user,
        issuer,
        issuedAt: seconds() - 60,
        expiresAt: seconds() + 60,
        ...changes,
      }),
  }
}
