import type { NatsConnection } from '@nats-io/transport-node'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { AccountRecord } from '../../capabilities/nats/account.ts'
import { credentials, credentialsFile, sign } from '../../capabilities/nats/jwt.ts'
import { accountKey, roleKey, userKey } from '../../capabilities/nats/keys.ts'
import { readMaster } from '../../capabilities/nats/master.ts'
import { keyOf } from '../../capabilities/nats/nkeys.ts'
import { systemClock } from '../../domain/effects.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import { connectTo, serve } from '../../examples/clients/service.ts'
import { credentialsIn, installation, natsBinaries, providerFor, seconds, startServers } from './nats.ts'
import type { RealServers } from './nats.ts'
import { createWorld } from './natsworld.ts'
import type { Placement, World } from './natsworld.ts'

/** What clients notice of the life of their credentials: the example service, real servers, real streams. */

const binaries = await natsBinaries()
const account = { installation, system: 'policy-admin', environment: 'dev' }
const overlap = { least: 300, most: 60_000 }

for (const { label, path } of binaries) {
  for (const count of [1, 3]) {
    describe(`${label}, ${count === 1 ? 'one server' : 'three servers'}`, () => living(path, count))
  }
}

function living(path: string, count: number): void {
  let servers: RealServers
  let world: World
  let directory: string

  beforeAll(async () => {
    servers = await startServers(path, count, true)
    directory = await mkdtemp(join(tmpdir(), 'fairway-client-'))
    const provider = (control: Parameters<typeof providerFor>[0]) => providerFor(control, servers.operator)
    world = await createWorld({ clock: systemClock, target: servers.target, provider, overlap })
  })
  afterAll(async () => {
    await world.remote.provider.close()
    await servers.stop()
    await rm(directory, { recursive: true })
  })

  /** The credentials file that the branch pins, as it lies in the pod; and what the pod's program sees. */
  async function pod(placement: Placement, name = placement.workload) {
    const { url, inboxPrefix, credentials: entry } = await world.output(placement)
    const file = join(directory, `${name}.creds`)
    const version = entry.versions.at(-1)?.versionId ?? ''
    await writeFile(file, await credentialsIn(world.remote.secrets, entry.secret, version))
    return { NATS_URL: url, NATS_CREDS: file, NATS_INBOX_PREFIX: inboxPrefix }
  }

  async function connected(...parameters: Parameters<typeof connectTo>) {
    const connection = await connectTo(...parameters)
    onTestFinished(() => connection.close())
    let closed = false
    void connection.closed().then(() => (closed = true))
    return { connection, isClosed: () => closed }
  }

  /** Of the account itself, which may do everything: Fairway hands out none of these. */
  async function administrator(): Promise<NatsConnection> {
    const master = await readMaster(world.remote.control, account)
    const [identity, user] = [accountKey(master), keyOf('U', crypto.getRandomValues(new Uint8Array(32)))]
    const everything = { type: 'user', version: 2, subs: -1, data: -1, payload: -1, pub: {}, sub: {} } as const
    const claims = { name: 'admin', sub: user.publicKey, exp: seconds() + 600, nats: everything }
    const file = credentialsFile(sign(claims, seconds() - 5, identity), user)
    await writeFile(join(directory, 'admin.creds'), reveal(file))
    const environment = { NATS_URL: servers.target.url, NATS_CREDS: join(directory, 'admin.creds') }
    return (await connected({ ...environment, NATS_INBOX_PREFIX: '_INBOX' })).connection
  }

  async function isRefused(text: string): Promise<boolean> {
    return !(await world.remote.provider.admits(world.target, new SecretValue(text)))
  }

  test('P1, P2: a thousand reconciles mint nothing, push nothing and write nothing', async () => {
    const steady = { workload: 'steady', nats: { publish: ['quotes.steady'] } }
    await world.reconcile(steady)
    world.calls.length = 0
    for (let round = 0; round < 1000; round++) expect(await world.once(steady)).toMatchObject({ result: 'unchanged' })
    const calls = Object.fromEntries(
      [...new Set(world.calls)].map((call) => [call, world.calls.filter((one) => one === call).length]),
    )
    process.stdout.write(`1,000 reconciles: ${JSON.stringify(calls)}\n`)
    expect(calls).toEqual({ 'table.get': 1000, 'nats.read': 1000, 'secrets.DescribeSecret': 1000 })
  })

  test('a rotation under a client that publishes all the time loses no message that was acknowledged', async () => {
    const writer = { workload: 'writer', nats: { request: ['quotes.written'] } }
    await world.reconcile(writer)
    const admin = await administrator()
    const config = { name: `written-${count}`, subjects: ['quotes.written'], storage: 'file', num_replicas: 1 }
    // A cluster that just came up has to choose a leader for its streams first.
    const create = async () =>
      (await admin.request(`$JS.API.STREAM.CREATE.${config.name}`, JSON.stringify(config))).json<{ error?: unknown }>()
    await expect.poll(create, { timeout: 20_000, interval: 200 }).not.toHaveProperty('error')

    const environment = await pod(writer)
    const old = await connected(environment)
    const oldFile = await credentialsIn(world.remote.secrets, ...(await pinned(writer)))
    const acknowledged: number[] = []
    const publishing = publish(old.connection, acknowledged)
    await expect.poll(() => acknowledged.length).toBeGreaterThan(20)

    world.ask(writer)
    await world.reconcile(writer)
    // The rolling update: a pod with the new version is there before the old one is told to end.
    const next = await connected(await pod(writer, 'writer-2'))
    const after = publish(next.connection, acknowledged)
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length).toBeGreaterThan(before + 20)
    await sleep(overlap.least + 50)
    expect(await world.reconcile(writer)).toMatchObject({ result: 'unchanged' })
    expect([await isRefused(oldFile), old.isClosed()]).toEqual([false, false])

    publishing.stop()
    await publishing.done
    await old.connection.drain()
    await world.reconcile(writer)
    expect(await isRefused(oldFile)).toBe(true)
    after.stop()
    await after.done
    expect(next.isClosed()).toBe(false)

    const { state } = (await admin.request(`$JS.API.STREAM.INFO.${config.name}`)).json<{
      state: { messages: number }
    }>()
    process.stdout.write(
      `rotation: ${acknowledged.length} messages acknowledged, ${state.messages} in the stream, 0 clients closed\n`,
    )
    expect(state.messages).toBeGreaterThanOrEqual(acknowledged.length)
    expect(acknowledged.length).toBeGreaterThan(60)
  })

  test('a changed permission mints nothing, and request and reply go on after a reconnect', async () => {
    const answerer = { workload: 'answerer', nats: { reply: ['policies.find'] } }
    const asker = { workload: 'asker', nats: { request: ['policies.find'] } }
    await world.reconcile(answerer)
    await world.reconcile(asker)
    const service = await connected(await pod(answerer), { reconnectTimeWait: 20, reconnectJitter: 0 })
    serve(service.connection, 'policies.find', (text) => `found ${text}`)
    await service.connection.flush()
    const { connection } = await connected(await pod(asker))
    const ask = async () => (await connection.request('policies.find', 'x', { timeout: 500 })).string()
    // A cluster spreads the word of a new subscription.
    await expect.poll(() => ask().catch(() => 'not yet')).toBe('found x')
    const memory = structuredClone(world.memoryOf(answerer).credentials['nats'])
    world.calls.length = 0
    await world.reconcile({ ...answerer, nats: { reply: ['policies.find', 'policies.list'] } })
    expect(world.calls.filter((call) => /PutSecretValue|UpdateSecretVersionStage/.test(call))).toEqual([])
    expect(world.calls.filter((call) => call === 'nats.push')).toHaveLength(1)
    expect(world.memoryOf(answerer).credentials['nats']).toEqual(memory)
    await expect.poll(() => ask().catch(() => 'not yet'), { timeout: 10_000 }).toBe('found x')
    expect(service.isClosed()).toBe(false)
  })

  test('credentials that expire are read anew, and the client comes back with the next ones', async () => {
    const short = { workload: 'short', nats: { publish: ['quotes.short'] } }
    await world.reconcile(short)
    const environment = await pod(short)
    const master = await readMaster(world.remote.control, account)
    const id = { role: 'dev/short', incarnation: 1 }
    const [issuer, user] = [roleKey(master, id, 1), userKey(master, id, 1)]
    const life = { issuedAt: seconds() - 60, expiresAt: seconds() + 2 }
    const ending = credentials({ name: 'short', account: accountKey(master).publicKey, user, issuer, ...life })
    await writeFile(environment.NATS_CREDS, reveal(ending))
    const client = await connected(environment, { reconnectTimeWait: 20, reconnectJitter: 0 })
    const events: string[] = []
    void (async () => {
      for await (const { type } of client.connection.status()) events.push(type)
    })()
    await pod(short)
    await expect.poll(() => events, { timeout: 10_000 }).toContain('reconnect')
    await client.connection.flush()
    expect(client.isClosed()).toBe(false)
  })

  test('a workload that is retired is cut off, its connections are seen to be gone, and its return gets other keys', async () => {
    const leaving = { workload: 'leaving', nats: { publish: ['quotes.leaving'] } }
    await world.reconcile(leaving)
    const environment = await pod(leaving)
    const before = await credentialsIn(world.remote.secrets, ...(await pinned(leaving)))
    const client = await connected(environment, {
      ignoreAuthErrorAbort: false,
      reconnectTimeWait: 20,
      reconnectJitter: 0,
    })
    // Pushes of one account are a second apart: what is measured is not the wait for that.
    await sleep(1100)
    const since = Date.now()
    const gone = client.connection.closed()
    expect(await world.reconcile({ workload: 'leaving' })).toMatchObject({ result: 'absent' })
    await gone
    process.stdout.write(`retired: the client was closed for good after ${Date.now() - since} ms\n`)
    await world.reconcile({ ...leaving, incarnation: 2 })
    const after = await credentialsIn(world.remote.secrets, ...(await pinned({ ...leaving, incarnation: 2 })))
    expect(after).not.toBe(before)
    expect([await isRefused(before), await isRefused(after)]).toEqual([true, false])
  })

  test('200 workloads that change at once are a handful of pushes, and every server has the same in the end', async () => {
    const many = Array.from({ length: 200 }, (_, index) => ({
      workload: `many-${index}`,
      nats: { publish: [`quotes.n${index}`] },
    }))
    world.calls.length = 0
    await Promise.all(many.map((placement) => world.reconcile(placement)))
    const pushes = world.calls.filter((call) => call === 'nats.push').length
    const record = await world.remote.table.get('nats-account#policy-admin/dev')
    const { views, missing } = await world.remote.provider.read(
      world.target,
      (record as unknown as AccountRecord).publicKey,
    )
    process.stdout.write(`200 workloads at once: ${pushes} pushes, ${views.length} servers agree\n`)
    expect(missing).toBe(false)
    expect(new Set(views.map(({ fingerprint }) => fingerprint)).size).toBe(1)
    for (const { workload } of many) expect(views[0]?.roles).toHaveProperty([`dev/${workload}`])
    expect(pushes).toBeLessThanOrEqual(20)
    for (const placement of many.slice(0, 5)) expect(await world.once(placement)).toMatchObject({ result: 'unchanged' })
  })

  async function pinned(placement: Placement): Promise<readonly [string, string]> {
    const { credentials: entry } = await world.output(placement)
    return [entry.secret, entry.versions.at(-1)?.versionId ?? '']
  }
}

/** Every two milliseconds, until it is told to stop; each message waits for its acknowledgement. */
function publish(connection: NatsConnection, acknowledged: number[]) {
  let on = true
  const pending: Promise<unknown>[] = []
  const one = async () => {
    const answer = await connection.request('quotes.written', 'x', { timeout: 5000 })
    const { seq } = answer.json<{ seq?: number }>()
    if (seq !== undefined) acknowledged.push(seq)
  }
  const loop = async () => {
    while (on) {
      pending.push(one().catch(() => undefined))
      await sleep(2)
    }
    await Promise.all(pending)
  }
  return { stop: () => void (on = false), done: loop() }
}
