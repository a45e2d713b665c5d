import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fingerprint } from '../../capabilities/nats/account.ts'
import { memoryProvider } from '../../capabilities/nats/memory.ts'
import { operatorProvider } from '../../capabilities/nats/operator.ts'
import type { NatsProvider } from '../../capabilities/nats/provider.ts'
import { systemClock, systemRandom } from '../../domain/effects.ts'
import { reveal } from '../../domain/secret.ts'
import type { SecretValue } from '../../domain/secret.ts'
import { createAws } from '../../local/aws/index.ts'
import { createLocalOperator } from '../../local/natskeys.ts'
import { installation, natsBinaries, providerFor, sampleAccount, seconds, startServers } from './nats.ts'
import type { RealServers } from './nats.ts'
import { providerContract } from './nats-provider.ts'

const target = { operator: 'main', url: 'nats://nats.example:4222' }

function secrets() {
  const place = { account: '999988887777', region: 'eu-west-1' }
  return createAws({ clock: systemClock, random: systemRandom, ...place }).secretsManager()
}

/** Ended when the test is, however that ends. */
async function started(path: string, count = 1): Promise<RealServers> {
  const servers = await startServers(path, count)
  onTestFinished(() => servers.stop())
  return servers
}

async function closing(...parameters: Parameters<typeof providerFor>): Promise<NatsProvider> {
  const provider = await providerFor(...parameters)
  onTestFinished(() => provider.close())
  return provider
}

for (const servers of [1, 3]) {
  providerContract(`in memory, ${servers} server${servers > 1 ? 's' : ''}`, async () => {
    const provider = memoryProvider({ clock: systemClock, servers })
    const join = async (file: SecretValue) => {
      const client = provider.join(file)
      return { leave: async () => client.leave() }
    }
    return { provider, target, join, close: () => provider.close() }
  })
}

/** Subjects that are asked from now on, until it is called. */
async function listening({ target: { url }, operator }: RealServers): Promise<() => Promise<readonly string[]>> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(reveal(operator.keys.systemCredentials)))
  const connection = await connect({ servers: url.split(','), authenticator })
  onTestFinished(() => connection.close())
  const subjects: string[] = []
  connection.subscribe('$SYS.REQ.>', { callback: (_error, message) => void subjects.push(message.subject) })
  await connection.flush()
  return async () => {
    await connection.flush()
    return subjects
  }
}

const binaries = await natsBinaries()

for (const { label, path } of binaries) {
  for (const count of [1, 3]) {
    providerContract(`${label}, ${count} server${count > 1 ? 's' : ''}`, async () => {
      const servers = await startServers(path, count)
      const provider = await providerFor(secrets(), servers.operator)
      const close = async () => {
        await provider.close()
        await servers.stop()
      }
      const join = async (file: SecretValue) => {
        const authenticator = credsAuthenticator(new TextEncoder().encode(reveal(file)))
        const client = await connect({ servers: servers.target.url.split(','), authenticator })
        return { leave: () => client.close() }
      }
      return { provider, target: servers.target, join, close }
    })
  }

  describe(`the operator provider, ${label}`, () => {
    test('a key that the servers do not trust is stored by them, and lets nobody in', async () => {
      const servers = await started(path)
      const stranger = createLocalOperator('main', Date.now())
      const { systemCredentials } = servers.operator.keys
      const keys = { signingKey: stranger.keys.signingKey, systemCredentials }
      const provider = await closing(secrets(), { ...servers.operator, keys })
      const { claims, id, file } = sampleAccount()
      await provider.push(servers.target, claims, 1)
      expect(await provider.read(servers.target, id)).toMatchObject({ missing: false })
      expect(await provider.admits(servers.target, file({}))).toBe(false)
    })

    test('two hundred accounts are looked at in one go: one question for each, and one for all of them', async () => {
      const servers = await started(path)
      const provider = await closing(secrets(), servers.operator)
      const accounts = Array.from({ length: 200 }, () => sampleAccount())
      for (const { claims } of accounts) await provider.push(servers.target, claims, seconds())
      for (const { file } of accounts) expect(await provider.admits(servers.target, file({}))).toBe(true)
      const asked = await listening(servers)
      const found = await provider.readMany(
        servers.target,
        accounts.map(({ id }) => id),
      )
      expect(found.size).toBe(200)
      for (const { id, claims } of accounts) {
        expect(found.get(id)).toMatchObject({ missing: false, views: [{ fingerprint: fingerprint(claims) }] })
      }
      expect(await asked()).toHaveLength(200 + 1)
    })

    test('a connection that died between two calls is replaced, and nobody notices', async () => {
      const servers = await started(path)
      const provider = await closing(secrets(), servers.operator)
      const { systemAccount } = servers.operator
      expect(await provider.read(servers.target, systemAccount)).toMatchObject({ missing: false })
      await servers.restart()
      expect(await provider.read(servers.target, systemAccount)).toMatchObject({ missing: false })
    })

    test('servers that are reached over WebSocket are read and pushed to all the same', async () => {
      const servers = await started(path)
      const provider = await closing(secrets(), servers.operator)
      const overWebSocket = { operator: 'main', url: servers.websocket }
      const { claims, id, file } = sampleAccount()
      await provider.push(overWebSocket, claims, 1)
      expect(await provider.read(overWebSocket, id)).toMatchObject({ missing: false })
      expect(await provider.admits(overWebSocket, file({}))).toBe(true)
    })

    test('system credentials that the servers refuse are a Terminal that names the secret’s member', async () => {
      const servers = await started(path)
      const provider = await closing(secrets(), createLocalOperator('main', Date.now()))
      const refused = { name: 'Terminal', fix: expect.stringContaining('systemCredentials') }
      await expect(provider.read(servers.target, servers.operator.systemAccount)).rejects.toMatchObject(refused)
    })

    test('credentials of an ordinary account are let in, and are not taken for the system’s', async () => {
      const servers = await started(path)
      const first = await closing(secrets(), servers.operator)
      const { claims, file } = sampleAccount()
      await first.push(servers.target, claims, 1)
      const keys = { ...servers.operator.keys, systemCredentials: file({}) }
      const provider = await closing(secrets(), { ...servers.operator, keys })
      await expect(provider.reach(servers.target)).rejects.toMatchObject({
        name: 'Terminal',
        message: expect.stringContaining('not of the servers’ system account'),
        fix: expect.stringContaining('systemCredentials'),
      })
    })

    test('a push that a server of a cluster does not answer is a RetryLater', async () => {
      const servers = await started(path, 3)
      const provider = await closing(secrets(), servers.operator)
      const { claims } = sampleAccount()
      servers.pause(2)
      await expect(provider.push(servers.target, claims, 1)).rejects.toMatchObject({ name: 'RetryLater' })
      servers.resume(2)
      await provider.push(servers.target, claims, 2)
    })
  })
}

describe('the operator provider without servers', () => {
  test('an address where nobody listens is a RetryLater', async () => {
    const provider = await closing(secrets(), createLocalOperator('main', Date.now()))
    const nobody = { operator: 'main', url: 'nats://127.0.0.1:1' }
    await expect(provider.read(nobody, 'A')).rejects.toMatchObject({ name: 'RetryLater' })
    await expect(provider.reach(nobody)).rejects.toMatchObject({ name: 'RetryLater' })
  })

  test('a server that accepts and says nothing is given up on', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const provider = await closing(secrets(), createLocalOperator('main', Date.now()))
    const url = `nats://127.0.0.1:${(silent.address() as AddressInfo).port}`
    await expect(provider.read({ operator: 'main', url }, 'A')).rejects.toMatchObject({ name: 'RetryLater' })
    silent.close()
  })

  test.each([
    ['are missing', undefined],
    ['are no JSON', 'SOAAAA'],
    ['lack a member', '{"signingKey":"SOAAAA"}'],
  ])(
    'keys of an operator that %s are a Terminal that says what to put where, and quotes nothing',
    async (_case, text) => {
      const control = secrets()
      if (text)
        await control.send(
          new CreateSecretCommand({ Name: `fairway-control/${installation}/nats/main`, SecretString: text }),
        )
      const error: unknown = await operatorProvider({ control, installation })
        .read(target, 'A')
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({
        name: 'Terminal',
        fix: expect.stringContaining(`fairway-control/${installation}/nats/main`),
      })
      expect(String(error)).not.toContain('SOAAAA')
    },
  )
})
