import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
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
  if (found.size === 0) console.warn(noServer)
  return [...found.values()]
}

export const noServer =
  'skipped: no nats-server found; set NATS_SERVER_BIN (and NATS_SERVER_29_BIN), or put one on PATH'

export interface RealServers {
  readonly target: NatsTarget
  readonly operator: LocalOperator
  stop(): Promise<void>
  /** Ends one, by number; its store stays. */
  stopOne(index: number): Promise<void>
}

/** Servers of one new operator; several of them form a cluster. */
export async function startServers(binary: string, count = 1): Promise<RealServers> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-nats-'))
  const operator = createLocalOperator('main', Date.now())
  const ports = await Promise.all(Array.from({ length: count * 2 }, () => freePort()))
  const routes = ports.slice(count)
  const servers = await Promise.all(
    ports.slice(0, count).map((port, index) =>
      launchServer(binary, {
        name: `server-${index}-${port}`,
        directory: join(directory, String(index)),
        port,
        operator,
        ...(count > 1 ? { cluster: { port: routes[index] ?? 0, routes } } : {}),
      }),
    ),
  )
  const target = { operator: 'main', url: servers.map(({ url }) => url).join(',') }
  return {
    target,
    operator,
    stopOne: async (index) => servers[index]?.stop(),
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
      await rm(directory, { recursive: true })
    },
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
