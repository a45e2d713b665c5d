import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { operatorProvider } from '../capabilities/nats/operator.ts'
import { systemClock, systemRandom } from '../domain/effects.ts'
import type { SecretValue } from '../domain/secret.ts'
import { reveal } from '../domain/secret.ts'
import { natsBinaries, noServer, sampleAccount } from '../test/contract/nats.ts'
import { createAws } from './aws/index.ts'
import { startNats } from './nats.ts'
import type { LocalNats } from './nats.ts'
import { findNatsServer } from './natsserver.ts'

let directory: string
let stored: [string, SecretValue][]
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-local-nats-'))
  stored = []
})
afterEach(() => rm(directory, { recursive: true }))

async function start(binary: string | undefined): Promise<LocalNats> {
  const nats = await startNats({
    directory,
    installation: 'acme',
    operator: 'main',
    binary,
    clock: systemClock,
    putSecret: async (name, value) => void stored.push([name, value]),
  })
  onTestFinished(() => nats.stop())
  return nats
}

/** A provider that finds what was stored last where it looks for it. */
async function provider() {
  const place = { account: '999988887777', region: 'eu-west-1' }
  const control = createAws({ clock: systemClock, random: systemRandom, ...place }).secretsManager()
  const [Name, value] = stored.at(-1)!
  await control.send(new CreateSecretCommand({ Name, SecretString: reveal(value) }))
  const made = operatorProvider({ control, installation: 'acme' })
  onTestFinished(() => made.close())
  return made
}

const [binary] = await natsBinaries()

describe.skipIf(!binary)(`with a nats-server (${binary?.label ?? noServer})`, () => {
  test('accounts, keys and the address survive a restart', async () => {
    const first = await start(binary?.path)
    const target = { operator: 'main', url: first.url }
    const { claims, id, file } = sampleAccount()
    const before = await provider()
    await before.push(target, claims, 1)
    await before.close()
    await first.stop()
    const second = await start(binary?.path)
    expect(second.url).toBe(first.url)
    expect(stored.map(([name, value]) => [name, reveal(value)])[1]).toEqual([stored[0]?.[0], reveal(stored[0]![1])])
    const after = await provider()
    expect(await after.read(target, id)).toMatchObject({ missing: false })
    expect(await after.admits(target, file({}))).toBe(true)
    expect(second.provider).toBeUndefined()
    expect(second.description).toContain(second.url)
  })

  test('a client of an account connects to the address that is given', async () => {
    const { url } = await start(binary?.path)
    const { claims, file } = sampleAccount()
    await (await provider()).push({ operator: 'main', url }, claims, 1)
    const authenticator = credsAuthenticator(new TextEncoder().encode(reveal(file({}))))
    const connection = await connect({ servers: url, authenticator })
    expect(connection.getServer()).toBe(new URL(url).host)
    await connection.close()
  })

  test('a server that an earlier process left behind is replaced by one on the same address', async () => {
    const left = await start(binary?.path)
    const next = await start(binary?.path)
    expect(next.url).toBe(left.url)
    const { id } = sampleAccount()
    expect(await (await provider()).read({ operator: 'main', url: next.url }, id)).toMatchObject({ missing: true })
  })

  test('keys are readable by their owner only, and stand in no other file', async () => {
    await start(binary?.path)
    const { signingKey } = JSON.parse(reveal(stored[0]![1])) as { signingKey: string }
    expect((await stat(join(directory, 'operator.json'))).mode & 0o777).toBe(0o600)
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    for (const { name, parentPath } of files.filter((entry) => entry.name !== 'operator.json')) {
      const text = await readFile(join(parentPath, name), 'utf8')
      expect([name, text.includes(signingKey), text.includes('SEED')]).toEqual([name, false, false])
    }
  })

  test('a binary that is none is an error that says so', async () => {
    await expect(start('/nowhere/nats-server')).rejects.toThrow('did not start')
  })
})

describe('without a nats-server', () => {
  test('the resolver in this process says that it is one, and keeps its accounts over a restart', async () => {
    const { claims, id, file } = sampleAccount()
    const first = await start(undefined)
    expect(first.description).toContain('no nats-server was found')
    const target = { operator: 'main', url: first.url }
    await first.provider?.push(target, claims, 1)
    expect(await first.provider?.admits(target, file({}))).toBe(true)
    await first.stop()
    const second = await start(undefined)
    expect(await second.provider?.read(target, id)).toEqual(await first.provider?.read(target, id))
    expect(stored).toEqual([])
  })
})

describe('finding a server', () => {
  test('NATS_SERVER_BIN is taken at its word; then comes .servers in the clone; then PATH', async () => {
    const nowhere = join(directory, 'nowhere')
    expect(await findNatsServer({ NATS_SERVER_BIN: '/x/nats-server', PATH: '' }, nowhere)).toBe('/x/nats-server')
    expect(await findNatsServer({ PATH: nowhere }, nowhere)).toBeUndefined()
    for (const folder of ['.servers', 'path']) {
      await mkdir(join(directory, folder))
      await writeFile(join(directory, folder, 'nats-server'), '')
      await chmod(join(directory, folder, 'nats-server'), 0o755)
    }
    const PATH = join(directory, 'path')
    expect(await findNatsServer({ PATH }, nowhere)).toBe(join(PATH, 'nats-server'))
    expect(await findNatsServer({ PATH }, directory)).toBe(join(directory, '.servers/nats-server'))
  })
})
