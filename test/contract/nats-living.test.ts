import type { NatsConnection } from '@nats-io/transport-node'
import { spawn, type ChildProcess } from 'node:child_process'
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
import { connectTo, serve, type Environment } from '../../examples/clients/service.ts'
import { credentialsIn, installation, natsBinaries, providerFor, seconds, startServers } from './nats.ts'
import type { RealServers } from './nats.ts'
import { createWorld } from './natsworld.ts'
import type { Placement, World } from './natsworld.ts'

/** What clients notice of the life of their credentials: the example service, real servers, real streams. */

/** The newest and one of 2.9: a third would show nothing new, and takes a minute. */
const binaries = (await natsBinaries()).filter((one, index, all) => {
  const series = ({ label }: { label: string }) => /\d+\.\d+/.exec(label)?.[0]
  return all.findIndex((other) => series(other) === series(one)) === index
})
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

  // A look at three servers takes ten times as long.
  const rounds = count === 1 ? 1000 : 100
  test(`P1, P2: ${rounds} reconciles mint nothing, push nothing and write nothing`, { timeout: 180_000 }, async () => {
    const steady = { workload: 'steady', nats: { publish: ['quotes.steady'] } }
    await world.reconcile(steady)
    world.calls.length = 0
    for (let round = 0; round < rounds; round++) expect(await world.once(steady)).toMatchObject({ result: 'unchanged' })
    const calls = Object.fromEntries(
      [...new Set(world.calls)].map((call) => [call, world.calls.filter((one) => one === call).length]),
    )
    process.stdout.write(`${rounds} reconciles: ${JSON.stringify(calls)}\n`)
    expect(calls).toEqual({ 'table.get': rounds, 'nats.read': rounds, 'secrets.DescribeSecret': rounds })
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

  test(
    'a rotation is a rolling update under which no request of others goes unanswered',
    { timeout: 60_000 },
    async () => {
      const rolling = { workload: 'rolling', nats: { reply: ['policies.roll'] } }
      const asker = { workload: 'roller', nats: { request: ['policies.roll'] } }
      await world.reconcile(rolling)
      await world.reconcile(asker)
      const first = start(await pod(rolling, 'rolling-1'), 'policies.roll')
      const { connection } = await connected(await pod(asker))
      const ask = async () => (await connection.request('policies.roll', 'x', { timeout: 5000 })).string()
      await expect.poll(() => ask().catch(() => 'not yet'), { timeout: 20_000 }).toBe('x')
      const asking = repeat(ask)

      world.ask(rolling)
      await world.reconcile(rolling)
      const second = start(await pod(rolling, 'rolling-2'), 'policies.roll')
      const user = world.memoryOf(rolling).credentials['nats']?.publicKey
      const { publicKey } = (await world.remote.table.get('nats-account#policy-admin/dev')) as unknown as AccountRecord
      const users = async () =>
        (await world.remote.provider.connections(world.target, publicKey)).map((one) => one.user)
      await expect.poll(users, { timeout: 20_000 }).toContain(user)
      // It subscribes right after it connected; a cluster spreads the word.
      await sleep(500)
      first.kill('SIGTERM')
      expect(await ended(first)).toBe(0)
      await sleep(overlap.least)
      await world.reconcile(rolling)
      expect(world.memoryOf(rolling).credentials['nats']).not.toHaveProperty('previous')
      await sleep(200)
      const { answered, failed } = await asking.stop()
      second.kill('SIGTERM')
      expect(await ended(second)).toBe(0)
      process.stdout.write(`rolling update: ${answered} requests answered, ${failed} not\n`)
      expect(failed).toBe(0)
      expect(answered).toBeGreaterThan(50)
    },
  )

  // Real servers, and a process that dies at one of its calls: every seventh, each on a workload of its own.
  test.runIf(count === 1)(
    'P4: a rotation that dies on the way ends with one generation, and the old one refused',
    { timeout: 180_000 },
    async () => {
      const calls = 40
      for (let at = 0; at < calls; at += 7) {
        const dying = { workload: `dying-${at}`, nats: { publish: ['quotes.dying'] } }
        await world.reconcile(dying)
        const old = await credentialsIn(world.remote.secrets, ...(await pinned(dying)))
        world.ask(dying)
        let left = at
        world.hooks.after = () => {
          if (left-- === 0) throw new Error('killed')
        }
        await world.once(dying).catch(() => undefined)
        world.hooks.after = () => undefined
        await world.reconcile(dying)
        // The new one has arrived.
        const client = await connected(await pod(dying))
        await sleep(overlap.least + 10)
        await world.reconcile(dying)
        const { versions } = (await world.output(dying)).credentials
        const current = await credentialsIn(world.remote.secrets, ...(await pinned(dying)))
        const seen = {
          generations: versions.map(({ generation }) => generation),
          old: await isRefused(old),
          current: await isRefused(current),
        }
        await client.connection.close()
        expect(seen, `dies after call ${at}`).toEqual({ generations: [2], old: true, current: false })
      }
    },
  )

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
    const cut = firstEvent(client.connection)
    const push = { began: Number.NaN, answered: Number.NaN }
    world.hooks.before = (call) => void (call === 'nats.push' && (push.began = performance.now()))
    world.hooks.after = (call) => void (call === 'nats.push' && (push.answered = performance.now()))
    onTestFinished(() => void Object.assign(world.hooks, { before: () => undefined, after: () => undefined }))
    expect(await world.reconcile({ workload: 'leaving' })).toMatchObject({ result: 'absent' })
    const { type, at } = await cut
    await client.connection.closed()
    const late = at - push.answered
    const closed = Math.round(performance.now() - push.answered)
    process.stdout.write(
      `retired: ${type} ${Math.round(late)} ms after the push, closed for good ${closed} ms after it\n`,
    )
    expect(at).toBeGreaterThan(push.began)
    // The one bound on time in these tests, because it is what retiring promises: nobody goes on for longer than a second
    // once servers have been told. Counted from their answer to the client's first word of it, both in this process:
    // neither the wait for the turn to push nor a slow start counts. Usual are less than 150 ms for both.
    expect(late).toBeLessThan(1000)
    await world.reconcile({ ...leaving, incarnation: 2 })
    const after = await credentialsIn(world.remote.secrets, ...(await pinned({ ...leaving, incarnation: 2 })))
    expect(after).not.toBe(before)
    expect([await isRefused(before), await isRefused(after)]).toEqual([true, false])
  })

  test.runIf(count > 1)(
    '200 workloads at once are a handful of pushes, and servers agree',
    { timeout: 240_000 },
    async () => {
      const many = Array.from({ length: 200 }, (_, index) => ({
        workload: `many-${index}`,
        nats: { publish: [`quotes.n${index}`] },
      }))
      world.calls.length = 0
      const outcomes = await Promise.all(many.map((placement) => world.reconcile(placement)))
      expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
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

      const before = many.map((placement) => structuredClone(world.memoryOf(placement).credentials['nats']))
      world.calls.length = 0
      const changed = many.map(({ workload, nats }) => ({
        workload,
        nats: { publish: [...nats.publish, 'quotes.all'] },
      }))
      await Promise.all(changed.map((placement) => world.reconcile(placement)))
      const again = world.calls.filter((call) => call === 'nats.push').length
      process.stdout.write(`200 permissions changed at once: ${again} pushes, 0 credentials minted\n`)
      expect(again).toBeLessThanOrEqual(20)
      expect(world.calls).not.toContain('secrets.PutSecretValue')
      expect(many.map((placement) => world.memoryOf(placement).credentials['nats'])).toEqual(before)
      for (const placement of changed.slice(0, 5))
        expect(await world.once(placement)).toMatchObject({ result: 'unchanged' })
    },
  )

  async function pinned(placement: Placement): Promise<readonly [string, string]> {
    const { credentials: entry } = await world.output(placement)
    return [entry.secret, entry.versions.at(-1)?.versionId ?? '']
  }
}

/** The example service as a process of its own, which SIGTERM drains. */
function start(environment: Environment, subject: string): ChildProcess {
  const file = join(import.meta.dirname, '../../examples/clients/service.ts')
  const child = spawn(process.execPath, [file, subject], { env: { ...process.env, ...environment }, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

/** One request after the other, until it is told to stop. */
function repeat(ask: () => Promise<unknown>) {
  let on = true
  const counts = { answered: 0, failed: 0 }
  const loop = async () => {
    while (on) {
      await ask().then(
        () => (counts.answered += 1),
        () => (counts.failed += 1),
      )
      await sleep(5)
    }
    return counts
  }
  const done = loop()
  return {
    stop: () => {
      on = false
      return done
    },
  }
}

/** What a client notices first of being cut off: that it is refused, or that its connection is gone. */
async function firstEvent(connection: NatsConnection): Promise<{ readonly type: string; readonly at: number }> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'error' || type === 'close') return { type, at: performance.now() }
  }
  return { type: 'closed', at: performance.now() }
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
