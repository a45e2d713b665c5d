import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { memoryProvider } from '../capabilities/nats/memory.ts'
import type { MemoryState } from '../capabilities/nats/memory.ts'
import { operatorSecret, operatorSecretName } from '../capabilities/nats/operatorkeys.ts'
import type { NatsProvider } from '../capabilities/nats/provider.ts'
import type { Clock } from '../domain/effects.ts'
import { sha256 } from '../domain/hash.ts'
import type { SecretValue } from '../domain/secret.ts'
import { localOperator } from './natskeys.ts'
import { freePort, launchServer } from './natsserver.ts'
import type { RunningServer } from './natsserver.ts'

export interface LocalNatsOptions {
  /** Where keys, accounts and the log are kept, so that a restart finds them. */
  readonly directory: string
  readonly installation: string
  /** As the Clusters name it. */
  readonly operator: string
  /** `findNatsServer` finds one; absent: the resolver in this process. */
  readonly binary: string | undefined
  /** The one that was used last, else a free one, when absent. */
  readonly port?: number
  readonly clock: Clock
  /**
   * Puts the operator's keys into the control plane's Secrets Manager. Called at every start with the same name and
   * value: nothing is to be written when it is there.
   */
  readonly putSecret: (name: string, value: SecretValue) => Promise<void>
}

export interface LocalNats {
  readonly url: string
  /** One line for people. */
  readonly description: string
  /** Only of the resolver in this process: nothing listens at `url`, so nothing can be reached there. */
  readonly provider?: NatsProvider
  stop(): Promise<void>
}

/** A nats-server in operator mode with a full JWT resolver; without a binary, the resolver's twin in this process. */
export async function startNats(options: LocalNatsOptions): Promise<LocalNats> {
  const { directory, binary } = options
  await mkdir(directory, { recursive: true })
  const server = binary === undefined ? undefined : await startServer(binary, options)
  if (server === undefined) return startInProcess(options)
  return { ...server, description: `nats-server (${binary}) in operator mode at ${server.url}` }
}

async function startServer(binary: string, options: LocalNatsOptions): Promise<RunningServer> {
  const { directory, installation } = options
  const operator = await localOperator(directory, options.operator)
  await options.putSecret(operatorSecretName(installation, options.operator), operatorSecret(operator.keys))
  const name = `fairway-${sha256(operator.operatorJwt).slice(0, 12)}`
  const port = options.port ?? (await lastPort(directory))
  const launch = (chosen: number) => launchServer(binary, { name, directory, port: chosen, operator })
  const server = await launch(port ?? (await freePort())).catch(async (error: unknown) => {
    // Another process may have taken the port since it was used last, or found free.
    if (options.port !== undefined) throw error
    return launch(await freePort())
  })
  await write(join(directory, 'port'), new URL(server.url).port)
  return server
}

async function startInProcess({ directory, clock, port = 4222 }: LocalNatsOptions): Promise<LocalNats> {
  const path = join(directory, 'resolver.json')
  const kept = await readIfThere(path)
  // One after the other, each with the latest state: two at once would write the same file.
  let saving = Promise.resolve()
  const provider = memoryProvider({
    clock,
    ...(kept === undefined ? {} : { state: JSON.parse(kept) as MemoryState }),
    save: (state) => (saving = saving.then(() => write(path, JSON.stringify(state)))),
  })
  return {
    url: `nats://127.0.0.1:${port}`,
    description:
      'a NATS resolver inside this process, because no nats-server was found (set NATS_SERVER_BIN): accounts and ' +
      'credentials are made and checked, but nothing listens and no client can connect',
    provider,
    stop: () => provider.close(),
  }
}

async function lastPort(directory: string): Promise<number | undefined> {
  const text = await readIfThere(join(directory, 'port'))
  return text === undefined ? undefined : Number(text)
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all. */
async function write(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
