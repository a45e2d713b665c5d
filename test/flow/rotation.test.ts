import { DescribeSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { versionedSecretName } from '../../domain/names.ts'
import type { RotationRequest } from '../../domain/records.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** `rotate-credential` and what starts it, on the in-memory twins of every port, with faults. */

const minutes = 60_000
const hours = 60 * minutes
const name = 'claims/one'
const lines = ['nats: { publish: [claims.opened] }', 'secrets: { session: { generate: { length: 24 } } }']
const both = ['nats', 'session'] as const
const keys: Readonly<Record<string, readonly string[]>> = { nats: ['nats.creds'], session: ['value'] }

async function ready(more: readonly string[] = lines): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', { 'fairway.yaml': manifest('one', more) })
  await world.image(name)
  await world.settle()
  return world
}

/** As the operation does it: on record first, then announced. */
async function ask(world: MemoryWorld, entries: readonly string[], more: Partial<RotationRequest> = {}) {
  const { credentials } = await world.workload(name)
  const requests = entries.map((entry) => {
    const { generation = 0, highest = generation } = credentials[`dev/${entry}`] ?? {}
    return [`dev/${entry}`, { kind: 'rotate', above: highest, ...more }] as const
  })
  const ref = { kind: 'Workload', name } as const
  await world.store.rotate(ref, Object.fromEntries(requests), { who: 'ada', what: 'rotate' })
}

async function announce(world: MemoryWorld) {
  await world.bus.publish([{ type: 'RotationRequested', detail: { workload: name, reason: 'asked' } }])
  await world.quiet()
}

async function rotate(world: MemoryWorld, entries: readonly string[] = ['nats'], more: Partial<RotationRequest> = {}) {
  await ask(world, entries, more)
  await announce(world)
}

async function credential(world: MemoryWorld, entry: string) {
  return (await world.workload(name)).credentials[`dev/${entry}`]!
}

/** Labels of each version that has any, by the version's id. */
async function stages(world: MemoryWorld, entry: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const SecretId = `fairway/test/dev/claims/one/${entry}`
  const found = await world.aws.outside.secretsManager(world.home).send(new DescribeSecretCommand({ SecretId }))
  return found.VersionIdsToStages ?? {}
}

/** Versions that the branch delivers, and what the pod starts with. */
function delivered(world: MemoryWorld): { readonly versions: readonly string[]; readonly deployment: string } {
  const mine = [...world.branch('cluster-dev')].filter(([path]) => path.startsWith('manifests/claims/one/'))
  const versions = mine.flatMap(([, text]) => [...text.matchAll(/version: "?uuid\/([-\w]+)/g)].map(([, id]) => id!))
  return { versions: versions.toSorted(), deployment: mine.find(([path]) => path.endsWith('/deployment.yaml'))![1] }
}

const secretOf = (entry: string, versionId: string) => versionedSecretName('one', entry, versionId, keys[entry] ?? [])

function commits(world: MemoryWorld): number {
  const repository = world.host.repository('https://github.example/acme/cluster-dev.git')
  let count = 0
  for (let id = repository.branches.get('main'); id !== undefined; count++) id = repository.commit(id)?.parents[0]
  return count
}

/** One generation is in use and on the branch, nothing is left of others, and nobody has anything to do. */
async function expectSettled(world: MemoryWorld, generations: Readonly<Record<string, number>>) {
  const record = await world.workload(name)
  expect(record.status).toMatchObject({ phase: 'Ready' })
  expect(record.status.error).toBeUndefined()
  for (const [entry, generation] of Object.entries(generations)) {
    const found = record.credentials[`dev/${entry}`]!
    expect(found).toMatchObject({ generation, state: 'current' })
    expect(found.previous, entry).toBeUndefined()
    const labelled = Object.entries(await stages(world, entry)).filter(([, labels]) =>
      labels.some((label) => label !== 'AWSPREVIOUS'),
    )
    expect(labelled.map(([id, labels]) => [id, labels.toSorted()])).toEqual([
      [found.versionId, ['AWSCURRENT', `fairway-g${generation}`]],
    ])
    expect(delivered(world).deployment).toContain(secretOf(entry, found.versionId))
    expect(record.status.placements['dev']?.pins?.[entry]?.versionId).toBe(found.versionId)
  }
  const current = Object.keys(generations).map((entry) => record.credentials[`dev/${entry}`]!.versionId)
  expect(delivered(world).versions).toEqual(current.toSorted())
  const before = { writes: world.writes(), commits: commits(world) }
  await world.reconcile(name)
  await announce(world)
  expect({ writes: world.writes(), commits: commits(world) }).toEqual(before)
}

describe('rotate-credential', () => {
  it('makes one new generation in one commit: both are delivered, and pods start with the new one', async () => {
    const world = await ready()
    const old = await credential(world, 'nats')
    const session = await credential(world, 'session')
    const before = commits(world)
    await rotate(world)
    const { versionId, previous, ...rest } = await credential(world, 'nats')
    expect(rest).toMatchObject({ generation: 2, state: 'current', reason: 'requested' })
    expect(previous).toMatchObject([{ generation: 1, versionId: old.versionId }])
    const { versions, deployment } = delivered(world)
    expect(versions).toEqual([old.versionId, session.versionId, versionId].toSorted())
    expect(deployment).toContain(secretOf('nats', versionId))
    expect(deployment).not.toContain(secretOf('nats', old.versionId))
    expect(commits(world)).toBe(before + 1)
    expect(await credential(world, 'session')).toEqual(session)
  })

  it('ends what was replaced in one more commit, when its time is over', async () => {
    const world = await ready()
    const old = await credential(world, 'nats')
    const before = commits(world)
    await rotate(world)
    await world.settle(12 * minutes)
    expect((await credential(world, 'nats')).previous).toHaveLength(1)
    expect(commits(world)).toBe(before + 1)
    const { deployment } = delivered(world)
    const told = world.events.length
    await world.settle(26 * hours)
    expect(world.events.slice(told).every((event) => event.startsWith('RotationRequested'))).toBe(true)
    expect(commits(world)).toBe(before + 2)
    // One rolling update for a rotation: its end touches no pod.
    expect(delivered(world).deployment).toBe(deployment)
    const claims = world.provider.state[0]!.store
    const revoked = Object.values(claims).flatMap(({ claims: { nats } }) => Object.keys(nats['revocations'] ?? {}))
    expect(revoked).toEqual([old.publicKey])
    await expectSettled(world, { nats: 2, session: 1 })
  })

  it('P1: with nothing to do it writes nothing, however often it is asked to look', async () => {
    const world = await ready()
    const before = { writes: world.writes(), head: world.head('cluster-dev'), record: await world.workload(name) }
    for (let round = 0; round < 20; round++) await announce(world)
    expect({ writes: world.writes(), head: world.head('cluster-dev') }).toEqual({
      writes: before.writes,
      head: before.head,
    })
    const { lease: _, fence: __, revision: ___, ...after } = await world.workload(name)
    const { lease: _l, fence: _f, revision: _r, ...record } = before.record
    expect(after).toEqual(record)
  })

  it('renews what nears its end, and nothing before that', async () => {
    const world = await ready()
    const { renewAt = 0, generation } = await credential(world, 'nats')
    expect(generation).toBe(1)
    world.clock.advance(renewAt - world.clock.now() - hours)
    await world.settle(30 * minutes)
    expect((await credential(world, 'nats')).generation).toBe(1)
    const told = world.events.length
    await world.settle(2 * hours)
    expect(world.events[told]).toContain('RotationRequested')
    expect(await credential(world, 'nats')).toMatchObject({ generation: 2, reason: 'expiry' })
    await world.settle(26 * hours)
    await expectSettled(world, { nats: 2, session: 1 })
  })

  it('connects before it promotes: what servers refuse is never made the current one', async () => {
    const world = await ready()
    const { versionId } = await credential(world, 'nats')
    const before = commits(world)
    world.provider.faults.untrusted = true
    await rotate(world)
    expect((await world.workload(name)).status).toMatchObject({
      phase: 'Failed',
      error: { type: 'Terminal', message: expect.stringContaining('refuse the credentials') },
    })
    expect((await stages(world, 'nats'))[versionId]).toContain('AWSCURRENT')
    expect(commits(world)).toBe(before)
    world.provider.faults.untrusted = false
    await world.settle(60 * hours)
    await expectSettled(world, { nats: 2, session: 1 })
  })

  it('that was asked for and never announced is found by the sweep', async () => {
    const world = await ready()
    await ask(world, both)
    await world.settle(6 * minutes)
    expect((await credential(world, 'nats')).generation).toBe(2)
    await world.settle(26 * hours)
    await expectSettled(world, { nats: 2, session: 2 })
  })

  it('replaces the issuing key along with the credential, and ends the former key with what it issued', async () => {
    const world = await ready()
    const { issuer = '' } = await credential(world, 'nats')
    const keysOf = () => JSON.stringify(world.provider.state.map(({ store }) => Object.values(store)))
    await rotate(world, ['nats'], { issuer })
    expect((await credential(world, 'nats')).issuer).not.toBe(issuer)
    expect(keysOf()).toContain(issuer)
    await world.settle(26 * hours)
    expect(keysOf()).not.toContain(issuer)
    await expectSettled(world, { nats: (await credential(world, 'nats')).generation, session: 1 })
  })

  it('what is revoked now ends in the same run, in one commit', async () => {
    const world = await ready()
    const before = commits(world)
    await rotate(world, ['nats'], { now: true })
    expect(commits(world)).toBe(before + 1)
    await expectSettled(world, { nats: 2, session: 1 })
  })
})

describe('a roll-back that comes too late', () => {
  it('is told on the workload, which is Ready all the same, until something else is asked', async () => {
    const world = await ready()
    await rotate(world)
    const back = { operation: 'rotate', workload: name, cluster: 'dev', entry: 'nats', to: 1 } as const
    // The overlap ends in a run that had begun before this was asked.
    const record = await world.workload(name)
    const { previous: _, ...ended } = record.credentials['dev/nats']!
    let overtaken = false
    world.control.fault = async (called, payload, when) => {
      if (overtaken || called !== 'NatsFunction' || when !== 'before') return
      overtaken = true
      await world.store
        .ledger({ kind: 'Workload', name }, Number(payload['fence']), 'nats', 'dev')
        .credential('nats', ended)
    }
    await world.operate(back)
    expect(overtaken).toBe(true)
    const { status } = await world.workload(name)
    expect(status).toMatchObject({ phase: 'Ready' })
    expect(status.conditions).toContainEqual({
      capability: 'roll-back',
      cluster: 'dev',
      status: 'False',
      reason: 'TooLate',
      message: 'generation 1 of dev/nats had ended before it could come back; `fairway rotate` makes a new one',
      since: expect.any(String),
    })
    await world.operate({ operation: 'rotate', workload: name, cluster: 'dev', entry: 'nats' })
    const after = (await world.workload(name)).status.conditions
    expect(after.filter(({ capability }) => capability === 'roll-back')).toEqual([])
  })

  it('is not said of one that was carried out, nor of one that is on its way', async () => {
    const world = await ready()
    await rotate(world)
    await world.operate({ operation: 'rotate', workload: name, cluster: 'dev', entry: 'nats', to: 1 })
    const { status, credentials } = await world.workload(name)
    expect(credentials['dev/nats']).toMatchObject({ generation: 1, highest: 2 })
    expect(status.conditions.filter(({ capability }) => capability === 'roll-back')).toEqual([])
  })
})

describe('P4: a function that dies in a rotation', () => {
  const steps: readonly (readonly [string, string, string | undefined])[] = [
    ['LeaseFunction', 'operation', 'acquire'],
    ['EcrFunction', 'through', undefined],
    ['IamFunction', 'through', undefined],
    ...['issue', 'stage', 'verify', 'promote', 'revoke', 'prune'].map(
      (step) => ['NatsFunction', 'through', step] as const,
    ),
    ...['stage', 'promote', 'prune'].map((step) => ['SecretsFunction', 'through', step] as const),
    ['CommitFunction', 'operation', 'commit'],
    ['CommitFunction', 'operation', 'hand-over'],
    ['WriteFunction', 'operation', undefined],
    ['ReportFunction', 'operation', 'workload'],
    ['LeaseFunction', 'operation', 'release'],
  ]
  const cases = steps.flatMap(([target, member, value]) =>
    (['issues', 'ends'] as const).flatMap((round) =>
      (['before', 'after'] as const).map((when) => [target, value ?? 'all', when, round, member, value] as const),
    ),
  )

  it.each(cases)(
    '%s (%s), %s its work is done, in the run that %s: one promoted generation, and no trace of others',
    async (target, _what, when, round, member, value) => {
      const world = await ready()
      let died = false
      const fault: MemoryWorld['control']['fault'] = (called, payload, at) => {
        if (died || called !== target || at !== when || payload[member] !== value) return
        died = true
        throw Object.assign(new Error('killed'), { name: 'Runtime.ExitError' })
      }
      if (round === 'issues') world.control.fault = fault
      await rotate(world, both)
      if (round === 'ends') {
        // Of connections servers tell; without them an overlap has its full length.
        await world.settle(target === 'SecretsFunction' ? 20 * hours : 10 * minutes)
        world.control.fault = fault
      }
      await world.settle(26 * hours)
      expect(died).toBe(true)
      await world.settle(26 * hours)
      await expectSettled(world, { nats: 2, session: 2 })
    },
  )

  it.each(['lost-answer', 'throttle'] as const)('every call to AWS once with %s: the same', async (kind) => {
    const world = await ready()
    const seen = new Set<string>()
    world.control.awsFault = (call) => {
      const key = `${call.service} ${call.operation}`
      if (seen.has(key)) return undefined
      seen.add(key)
      return { kind }
    }
    await rotate(world, both)
    await world.settle(26 * hours)
    expect(seen.size).toBeGreaterThan(8)
    seen.clear()
    await world.settle(26 * hours)
    await expectSettled(world, { nats: 2, session: 2 })
  })
})

describe('what happens at once', () => {
  it('a reconcile and many rotations never hold the lease together, and make one generation', async () => {
    const world = await ready()
    const held: string[] = []
    let most = 0
    const under = new Set<string>()
    world.control.fault = (called, payload, when) => {
      if (called !== 'NatsFunction' && called !== 'SecretsFunction' && called !== 'CommitFunction') return
      const fence = String(payload['fence'])
      if (when === 'before') under.add(`${called} ${fence}`)
      most = Math.max(most, new Set([...under].map((each) => each.split(' ')[1])).size)
      if (when === 'after') under.delete(`${called} ${fence}`)
      held.push(fence)
    }
    await ask(world, both)
    const detail = { workload: name, reason: 'many' }
    const types = ['RotationRequested', 'WorkloadChanged'] as const
    await world.bus.publish(Array.from({ length: 20 }, (_, index) => ({ type: types[index % 2]!, detail })))
    await world.quiet()
    expect(most).toBe(1)
    expect(held).toEqual(held.toSorted((a, b) => Number(a) - Number(b)))
    delete world.control.fault
    await world.settle(26 * hours)
    await expectSettled(world, { nats: 2, session: 2 })
  })

  it('retiring during an overlap ends both generations: nobody is let in, and nothing is delivered', async () => {
    const world = await ready()
    await rotate(world, both)
    const record = await world.workload(name)
    await world.push('claims-services', { 'fairway.yaml': '' })
    await world.operate({ operation: 'retire', workload: name, confirm: 'dev' })
    await world.settle()
    expect((await world.workload(name)).status.phase).toBe('Retired')
    expect([...world.branch('cluster-dev').keys()].filter((path) => path.includes('claims/one/'))).toEqual([])
    const issuers = Object.values(world.provider.state[0]!.store).flatMap(({ claims: { nats } }) =>
      ((nats['signing_keys'] ?? []) as { key: string }[]).map(({ key }) => key),
    )
    expect(issuers).not.toContain(record.credentials['dev/nats']?.issuer)
    for (const entry of both) {
      const SecretId = `fairway/test/dev/claims/one/${entry}`
      const found = await world.aws.outside.secretsManager(world.home).send(new DescribeSecretCommand({ SecretId }))
      expect(found.DeletedDate).toBeDefined()
    }
    const told = world.events.length
    await world.settle(26 * hours)
    expect(world.events.slice(told)).toEqual([])
  })
})

describe('a placeholder that its owner writes', () => {
  const secret = 'fairway/test/dev/claims/one/stripe'
  const filled = ['secrets: { stripe: { keys: [apiKey] } }']

  async function write(world: MemoryWorld, value: string): Promise<string> {
    const client = world.aws.outside.secretsManager(world.home)
    const SecretString = JSON.stringify({ apiKey: value })
    const { VersionId } = await client.send(new PutSecretValueCommand({ SecretId: secret, SecretString }))
    return VersionId ?? ''
  }

  async function tell(world: MemoryWorld, secretId: string) {
    world.bus.put({
      source: 'aws.secretsmanager',
      'detail-type': 'AWS API Call via CloudTrail',
      ...world.home,
      detail: { eventName: 'PutSecretValue', requestParameters: { secretId } },
    })
    await world.quiet()
  }

  it.each([
    ['its name', secret],
    ['its ARN', `arn:aws:secretsmanager:eu-west-1:100000000001:secret:${secret}-AbC123`],
  ])('is pinned by an event with %s, in one commit', async (_what, secretId) => {
    const world = await ready(filled)
    expect((await world.workload(name)).status.phase).toBe('AwaitingSecret')
    const first = await write(world, 'one')
    await tell(world, secretId)
    expect((await world.workload(name)).status.phase).toBe('Ready')
    const before = commits(world)
    const second = await write(world, 'two')
    await tell(world, secretId)
    expect(commits(world)).toBe(before + 1)
    expect(delivered(world).versions).toEqual([first, second].toSorted())
    expect(delivered(world).deployment).toContain(versionedSecretName('one', 'stripe', second, ['apiKey']))
    await world.settle(26 * hours)
    expect(commits(world)).toBe(before + 2)
    expect(delivered(world).versions).toEqual([second])
    const writes = world.writes()
    await tell(world, secretId)
    expect([world.writes(), commits(world)]).toEqual([writes, before + 2])
  })

  it.each([
    ['of another installation', 'fairway/other/dev/claims/one/stripe'],
    ['of the control plane', 'fairway-control/test/nats/operators/main'],
    ['of a workload that is not declared', 'fairway/test/dev/claims/other/stripe'],
    ['with a name that says nothing', 'fairway/test/dev/claims'],
    ['of somebody else', 'payroll'],
  ])('is looked for in no secret %s', async (_what, secretId) => {
    const world = await ready(filled)
    const told = world.events.length
    await tell(world, secretId)
    expect(world.events.slice(told)).toEqual([expect.stringContaining('AWS API Call via CloudTrail')])
  })
})
