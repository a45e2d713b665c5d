import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AccountRecord } from '../../capabilities/nats/account.ts'
import { systemClock } from '../../domain/effects.ts'
import { credentialsIn, natsBinaries, noServer, providerFor, startServers } from './nats.ts'
import type { RealServers } from './nats.ts'
import { clients } from './nats-clients.ts'
import type { Client, ClientOptions } from './nats-clients.ts'
import { createWorld } from './natsworld.ts'
import type { Placement, World } from './natsworld.ts'

/** Declared, provisioned, and then really connected to: what was declared works, and nothing else does. */

const binaries = await natsBinaries()
test.runIf(binaries.length === 0)('real servers may be absent, where nobody insists on them', (context) => {
  expect(process.env['FAIRWAY_REQUIRE_SERVERS']).toBeUndefined()
  context.skip(noServer)
})

const writer = { workload: 'writer', nats: { publish: ['quotes.created'] } }
const reader = { workload: 'reader', nats: { subscribe: ['quotes.>'] } }
const asker = { workload: 'asker', nats: { request: ['policies.find'] } }
const answerer = { workload: 'answerer', nats: { reply: ['policies.find'] } }
const everybody = [writer, reader, asker, answerer]

describe.skipIf(binaries.length === 0).each(binaries)('$label', ({ path }) => {
  let servers: RealServers
  let world: World
  const open: Client[] = []

  beforeAll(async () => {
    servers = await startServers(path)
    const provider = (control: Parameters<typeof providerFor>[0]) => providerFor(control, servers.operator)
    world = await createWorld({ clock: systemClock, target: servers.target, provider })
    for (const placement of everybody) await world.reconcile(placement)
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()))
  })
  afterAll(async () => {
    await world.remote.provider.close()
    await servers.stop()
  })

  async function connection(placement: Placement, of = world): Promise<ClientOptions> {
    const { url, inboxPrefix, credentials } = await of.output(placement)
    const version = credentials.versions.at(-1)?.versionId ?? ''
    return { url, inboxPrefix, credentials: await credentialsIn(of.remote.secrets, credentials.secret, version) }
  }

  async function record(name = 'policy-admin/dev'): Promise<AccountRecord> {
    return (await world.remote.table.get(`nats-account#${name}`)) as unknown as AccountRecord
  }

  describe.each(Object.keys(clients))('%s', (library) => {
    async function connect(placement: Placement, changes: Partial<ClientOptions> = {}): Promise<Client> {
      const client = await clients[library]!({ ...(await connection(placement)), ...changes })
      open.push(client)
      return client
    }

    test('what is declared as published arrives where it is declared as subscribed', async () => {
      const [from, to] = [await connect(writer), await connect(reader)]
      const subscription = await to.listen('quotes.>')
      expect(await from.publish('quotes.created', 'one')).toBe('sent')
      expect(await subscription.next()).toBe('one')
    })

    test('a role that only publishes subscribes to nothing, and publishes nothing else', async () => {
      const client = await connect(writer)
      for (const subject of ['>', 'quotes.created', 'quotes.>', '_INBOX.>', '_INBOX_policy-admin_asker_dev.>']) {
        expect([subject, await client.subscribe(subject)]).toEqual([subject, 'refused'])
      }
      for (const subject of ['quotes.changed', 'policies.find', '$SYS.REQ.USER.INFO.x', '$JS.API.INFO']) {
        expect([subject, await client.publish(subject, '')]).toEqual([subject, 'refused'])
      }
    })

    test('a role that only subscribes publishes nothing, and sees no more than it declared', async () => {
      const client = await connect(reader)
      for (const subject of ['quotes.created', 'policies.find', '_INBOX_policy-admin_asker_dev.x']) {
        expect([subject, await client.publish(subject, '')]).toEqual([subject, 'refused'])
      }
      for (const subject of ['>', 'policies.find', '*.created', '_INBOX_policy-admin_asker_dev.>']) {
        expect([subject, await client.subscribe(subject)]).toEqual([subject, 'refused'])
      }
    })

    test('a request gets its answer on the role’s own inbox', async () => {
      const [from, to] = [await connect(asker), await connect(answerer)]
      await to.reply('policies.find', 'found')
      expect(await from.request('policies.find', 'which')).toBe('found')
    })

    test('a role that requests reads nobody else’s inbox, nor the one that clients use by default', async () => {
      const client = await connect(asker)
      for (const inbox of [
        '_INBOX.>',
        '_INBOX_policy-admin_answerer_dev.>',
        '_INBOX_policy-admin_asker_prod.>',
        '*.x',
      ]) {
        expect([inbox, await client.subscribe(inbox)]).toEqual([inbox, 'refused'])
      }
      const shared = await connect(asker, { inboxPrefix: '_INBOX' })
      await expect(shared.request('policies.find', 'which')).rejects.toThrow(/permission/i)
    })

    test('a role that replies answers once what it was asked, and publishes nothing unasked', async () => {
      const [from, to] = [await connect(asker), await connect(answerer)]
      const answers = await from.listen('_INBOX_policy-admin_asker_dev.>')
      await to.reply('policies.find', 'first', 'second')
      expect(await from.request('policies.find', 'which')).toBe('first')
      expect(await from.request('policies.find', 'which')).toBe('first')
      expect([await answers.next(), await answers.next()]).toEqual(['first', 'first'])
      expect(await to.publish('policies.find', '')).toBe('refused')
      expect(await to.publish('_INBOX_policy-admin_asker_dev.x', '')).toBe('refused')
    })

    test('another system with the same subjects hears nothing and says nothing here', async () => {
      const stranger = {
        system: 'claims',
        workload: 'reader',
        nats: { subscribe: ['quotes.>'], publish: ['quotes.created'] },
      }
      await world.reconcile(stranger)
      const [here, there, from] = [await connect(reader), await connect(stranger), await connect(writer)]
      const [own, foreign] = [await here.listen('quotes.>'), await there.listen('quotes.>')]
      await there.publish('quotes.created', 'theirs')
      await from.publish('quotes.created', 'ours')
      expect([await own.next(), await foreign.next()]).toEqual(['ours', 'theirs'])
    })

    test('a permission that was added works with the same credentials; one that was taken away does not', async () => {
      const before = { workload: `changing-${library.length}`, nats: { publish: ['quotes.old'] } }
      await world.reconcile(before)
      const [changing, bystander] = [await connect(before), await connect(reader)]
      const { pushed } = await record()
      const coming = changing.reconnected()
      world.calls.length = 0
      await world.reconcile({ ...before, nats: { publish: ['quotes.new'] } })
      await coming
      expect(world.calls.filter((call) => call === 'nats.push')).toHaveLength(1)
      expect(world.calls.filter((call) => /Put|Create|ledger/.test(call))).toEqual([])
      expect((await record()).pushed?.generation).toBe((pushed?.generation ?? 0) + 1)
      expect(await changing.publish('quotes.new', '')).toBe('sent')
      expect(await changing.publish('quotes.old', '')).toBe('refused')
      expect(await bystander.subscribe('quotes.>')).not.toBe('refused')
    })

    test('a placement that is removed is cut off at once, and its credentials let nobody in again', async () => {
      const leaving = { workload: `leaving-${library.length}`, nats: { publish: ['quotes.created'] } }
      await world.reconcile(leaving)
      const options = await connection(leaving)
      const [client, bystander] = [await connect(leaving), await connect(writer)]
      const closed = client.closed()
      expect(await world.reconcile({ workload: leaving.workload })).toMatchObject({ result: 'absent' })
      await closed
      await expect(clients[library]!(options)).rejects.toThrow(/authorization/i)
      expect(await bystander.publish('quotes.created', '')).toBe('sent')
      await world.reconcile(leaving)
      await expect(clients[library]!(options)).rejects.toThrow(/authorization/i)
      expect(await (await connect(leaving)).publish('quotes.created', '')).toBe('sent')
    })

    test('after a renewal both generations are let in', async () => {
      const renewed = { workload: `renewed-${library.length}`, nats: { publish: ['quotes.created'] } }
      await world.reconcile(renewed)
      const first = await connection(renewed)
      world.ask(renewed)
      await world.reconcile(renewed)
      const second = await connection(renewed)
      expect(second.credentials).not.toBe(first.credentials)
      for (const options of [first, second]) {
        const client = await clients[library]!(options)
        open.push(client)
        expect(await client.publish('quotes.created', '')).toBe('sent')
      }
    })
  })

  test('reconciling what is healthy pushes nothing, mints nothing and writes nothing', async () => {
    world.calls.length = 0
    for (let round = 0; round < 25; round++) {
      for (const placement of everybody) expect(await world.once(placement)).toMatchObject({ result: 'unchanged' })
    }
    expect(new Set(world.calls)).toEqual(new Set(['table.get', 'nats.read', 'secrets.DescribeSecret']))
    expect(world.calls).toHaveLength(300)
  })

  test('50 placements declared together are all there after a few pushes, and can all connect', async () => {
    const many = Array.from({ length: 50 }, (_, index) => {
      return { system: 'many', workload: `w${index}`, nats: { publish: [`quotes.${index}`] } }
    })
    world.calls.length = 0
    const outcomes = await Promise.all(many.map((placement) => world.reconcile(placement)))
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([])
    expect(Object.keys((await record('many/dev')).roles)).toHaveLength(50)
    expect(world.calls.filter((call) => call === 'nats.push').length).toBeLessThanOrEqual(6)
    for (const placement of many.filter((_, index) => index % 10 === 0)) {
      const client = await clients['@nats-io/transport-node']!(await connection(placement))
      open.push(client)
      expect(await client.publish(`quotes.${placement.workload.slice(1)}`, '')).toBe('sent')
    }
  })

  test('servers that lost their accounts get them again, and clients come back with what they have', async () => {
    const client = await clients['@nats-io/transport-node']!(await connection(writer))
    open.push(client)
    const coming = client.reconnected()
    await servers.forget()
    for (const placement of everybody) expect(await world.reconcile(placement)).toMatchObject({ ok: true })
    await Promise.race([coming, client.closed()])
    const again = await clients['@nats-io/transport-node']!(await connection(writer))
    open.push(again)
    expect(await again.publish('quotes.created', '')).toBe('sent')
  })
})
