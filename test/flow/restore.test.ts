import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { repositoryName, roleName, secretName, tagKeys } from '../../domain/names.ts'
import type { WorkloadRecord } from '../../domain/records.ts'
import { memoryTable } from '../../store/memory.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/**
 * The table is lost: a fresh one, everything declared again, and `fairway restore`. What is found must be as it was:
 * no credential minted, no version written, no account pushed, no commit.
 */

const platform = new URL('../../examples/platform/', import.meta.url)
const dev = { account: '100000000001', region: 'eu-west-1' }
const days = 24 * 3_600_000

const nats = 'nats: { publish: [claims.opened], expiresAfter: 720h }'
const generated = 'secrets: { session: { generate: { length: 24 } } }'
const aws = 'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }'
const placeholder = 'secrets: { stripe: { keys: [apiKey] } }'

const claims = {
  'fairway.yaml': [
    manifest('full', [nats, generated, aws]),
    manifest('waits', [nats]),
    manifest('filled', [placeholder]),
    manifest('unfilled', [placeholder]),
    manifest('returned', [nats, generated]),
  ].join('---\n'),
}
const both = manifest('both', ['nats: { subscribe: ["policies.>"] }', generated], 'policy-admin').replace(
  'environments: { dev: {} }',
  'environments: { dev: {}, prod: {} }',
)
const deployed = ['claims/full', 'claims/filled', 'claims/unfilled', 'claims/returned', 'policy-admin/both']
const all = [...deployed, 'claims/waits']

function entry(name: string, secret: string): string {
  const [system = '', workload = ''] = name.split('/')
  return secretName('test', 'dev', system, workload, secret)
}

async function fill(world: MemoryWorld, name: string, value: string): Promise<void> {
  const command = new PutSecretValueCommand({
    SecretId: entry(name, 'stripe'),
    SecretString: JSON.stringify({ apiKey: value }),
  })
  await world.aws.outside.secretsManager(dev).send(command)
  await world.reconcile(name)
}

/** Workloads in all states, with credentials of several generations, one in its second incarnation. */
async function lived(): Promise<MemoryWorld> {
  const world = await memoryWorld()
  await world.push('claims-services', { 'fairway.yaml': manifest('returned', [nats, generated]) })
  await world.image('claims/returned')
  await world.push('claims-services', { 'fairway.yaml': '' })
  await world.operate({ operation: 'retire', workload: 'claims/returned', confirm: 'dev' })
  await world.settle()
  await world.push('claims-services', claims)
  await world.push('policy-admin-services', { 'fairway.yaml': both })
  for (const name of deployed) await world.image(name)
  for (const value of ['first', 'second']) await fill(world, 'claims/filled', value)
  // Credentials near their end are renewed: the second generation.
  world.clock.advance(25 * days)
  await world.settle()
  // And the first has had its time.
  await world.settle(2 * days)
  await world.settle(2 * days)
  return world
}

async function records(world: MemoryWorld): Promise<Map<string, WorkloadRecord>> {
  return new Map(await Promise.all(all.map(async (name) => [name, await world.workload(name)] as const)))
}

/** A fresh table, everything declared again, and every source read. */
async function lost(world: MemoryWorld): Promise<void> {
  // In place, because the store has taken hold of this very table.
  Object.assign(world.core.table, memoryTable())
  await declareAgain(world)
}

async function declareAgain(world: MemoryWorld): Promise<void> {
  const files = readdirSync(platform).map((path) => ({ path, text: readFileSync(new URL(path, platform), 'utf8') }))
  await world.operate({ operation: 'apply', files })
  await world.functions['SourceFunction']?.({ operation: 'heads' })
  await world.quiet()
  await world.settle()
}

async function restore(world: MemoryWorld): Promise<void> {
  await world.operate({ operation: 'restore', confirm: 'test' })
  await world.settle()
}

interface Outside {
  readonly aws: number
  readonly pushes: number
  readonly heads: readonly (string | undefined)[]
}

function outside(world: MemoryWorld): Outside {
  const calls = Object.values(world.aws.calls.snapshot())
  return {
    aws: calls.reduce((sum, { writes }) => sum + writes, 0),
    pushes: world.provider.counts.pushes,
    heads: ['cluster-dev', 'cluster-prod'].map((name) => world.head(name)),
  }
}

/** What must be as it was: that and when it was minted is in the version itself. */
function essence({ incarnation, claims, credentials, status, intent, restoring }: WorkloadRecord) {
  const known = Object.entries(credentials).map(([key, { reason: _reason, issuedAt, ...rest }]) => {
    // When a generated value was made is in its version's date, and asked for only while the version is not seen yet.
    return [key, rest.kind === 'generated' ? rest : { ...rest, issuedAt }]
  })
  const placements = Object.entries(status.placements).map(([key, { deployed, digest }]) => [key, deployed, digest])
  return {
    incarnation,
    claims,
    credentials: Object.fromEntries(known),
    phase: status.phase,
    placements,
    intent,
    restoring,
  }
}

describe('the table is lost', () => {
  it('P5: without the operation everything is refused, and nothing outside is touched', async () => {
    const world = await lived()
    const before = outside(world)
    await lost(world)
    expect(outside(world)).toEqual(before)
    for (const [name, { status }] of await records(world)) {
      expect([name, status.phase, status.error?.message]).toEqual([
        name,
        'Failed',
        expect.stringMatching(/was not made by this installation/),
      ])
    }
  })

  it('with it everything is as it was: no credential, no version, no push, no commit', async () => {
    const world = await lived()
    const was = await records(world)
    expect(was.get('claims/returned')?.incarnation).toBe(2)
    expect(was.get('claims/full')?.credentials['dev/nats']?.generation).toBe(2)
    expect(was.get('claims/filled')?.credentials['dev/stripe']?.generation).toBe(2)
    expect(new Set([...was.values()].map(({ status }) => status.phase))).toEqual(
      new Set(['Ready', 'AwaitingImage', 'AwaitingSecret']),
    )
    const before = outside(world)
    await lost(world)
    await restore(world)
    expect(outside(world)).toEqual(before)
    for (const [name, record] of await records(world)) {
      expect([name, essence(record)]).toEqual([name, essence(was.get(name) as WorkloadRecord)])
    }
    const again = world.writes()
    for (const name of all) await world.reconcile(name)
    expect(world.writes()).toBe(again)
  })

  it('a restored workload goes on where it was: the next credential is the next generation, and nobody is cut off', async () => {
    const world = await lived()
    const issuers = (record: WorkloadRecord) => record.credentials['dev/nats']?.issuer
    const was = await records(world)
    await lost(world)
    await restore(world)
    const roles = () =>
      world.provider.state.flatMap(({ store }) => Object.values(store).map(({ claims }) => claims.nats['signing_keys']))
    const before = roles()
    world.clock.advance(26 * days)
    await world.settle()
    const record = await world.workload('claims/full')
    expect(record.credentials['dev/nats']).toMatchObject({ generation: 3, state: 'current', reason: 'expiry' })
    expect(issuers(record)).toBe(issuers(was.get('claims/full') as WorkloadRecord))
    expect(roles()).toEqual(before)
    const { pushes } = outside(world)
    await world.push('claims-services', {
      'fairway.yaml': claims['fairway.yaml'].replace('claims.opened]', 'claims.opened, claims.closed]'),
    })
    expect((await world.workload('claims/full')).status.phase).toBe('Ready')
    expect(outside(world).pushes).toBe(pushes + 1)
  })

  it('in the middle of an overlap: what replaced goes on, what was replaced is let go, and nothing is minted', async () => {
    const world = await lived()
    const entries = ['session', 'nats'].map((name) => ({ workload: 'claims/full', cluster: 'dev', entry: name }))
    for (const { workload, entry: name } of entries) await world.operate({ operation: 'rotate', workload, entry: name })
    const was = (await world.workload('claims/full')).credentials
    expect(was['dev/nats']?.previous).toHaveLength(1)
    const before = outside(world)
    const calls = new Set<string>()
    world.control.awsFault = ({ operation }) => void calls.add(operation)
    await lost(world)
    await restore(world)
    const now = (await world.workload('claims/full')).credentials
    for (const key of ['dev/nats', 'dev/session']) {
      expect([key, now[key]?.versionId, now[key]?.generation]).toEqual([key, was[key]?.versionId, was[key]?.generation])
    }
    expect(outside(world).pushes).toBe(before.pushes)
    // Labels of what was replaced are taken away, and nothing is put in their place.
    expect([...calls].filter((call) => /^(Put|Create)/.test(call))).toEqual([])
    const commits = world.host.repository('https://github.example/acme/cluster-dev.git')
    const head = commits.commit(world.head('cluster-dev') ?? '')
    expect(head?.parents).toEqual([before.heads[0]])
  })

  it('what was declared for the first time after the loss is made, with an incarnation that was never given out', async () => {
    const world = await lived()
    await lost(world)
    await restore(world)
    await world.push('claims-services', { ...claims, '.fairway/new.yaml': manifest('new', [nats]) })
    await world.image('claims/new')
    const record = await world.workload('claims/new')
    expect(record.status.phase).toBe('Ready')
    expect(record.incarnation).toBeGreaterThan(1_000_000)
    expect((await world.workload('claims/full')).status.phase).toBe('Ready')
  })

  it('a workload with NATS that is new between the loss and the restore cuts nobody off', async () => {
    const world = await lived()
    const was = await records(world)
    Object.assign(world.core.table, memoryTable())
    const early = { ...claims, '.fairway/early.yaml': manifest('early', [nats]) }
    const repository = world.host.repository('https://git.example/claims/claims-services.git')
    repository.write('main', { '.fairway/early.yaml': early['.fairway/early.yaml'] }, 'early')
    await declareAgain(world)
    await restore(world)
    const after = await records(world)
    expect(after.get('claims/full')?.credentials['dev/nats']?.versionId).toBe(
      was.get('claims/full')?.credentials['dev/nats']?.versionId,
    )
    expect((await world.workload('claims/early')).status.phase).toBe('AwaitingImage')
  })
})

describe('P5: what is not ours', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['without a tag', {}],
    ['with another installation’s tag', { [tagKeys.installation]: 'other' }],
  ])('under our name %s stays refused, whatever its kind', async (_what, tags) => {
    const world = await memoryWorld()
    const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const name = repositoryName('claims', 'full')
    await world.aws.outside.ecr(dev).send(new CreateRepositoryCommand({ repositoryName: name, tags: list }))
    const trust = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    }
    const RoleName = roleName('test', 'dev', 'claims', 'full')
    const role = new CreateRoleCommand({
      RoleName,
      Path: '/fairway/',
      AssumeRolePolicyDocument: JSON.stringify(trust),
      Tags: list,
    })
    await world.aws.outside.iam(dev).send(role)
    for (const secret of ['session', 'nats']) {
      const Name = entry('claims/full', secret)
      const command = new CreateSecretCommand({ Name, SecretString: '{"value":"a stranger’s"}', Tags: list })
      await world.aws.outside.secretsManager(dev).send(command)
    }
    await world.push('claims-services', { 'fairway.yaml': manifest('full', [nats, generated, aws]) })
    await world.settle()
    const before = world.writes()
    await restore(world)
    expect(world.writes()).toBe(before)
    const { status, claims: owned, restoring } = await world.workload('claims/full')
    expect(status.phase).toBe('Failed')
    const refused = status.conditions
      .filter(({ status: state }) => state === 'False')
      .map(({ capability }) => capability)
    expect(refused.toSorted()).toEqual(expect.arrayContaining(['ecr', 'iam', 'nats', 'secrets']))
    expect(owned).toEqual({})
    // Still looked for: the rest of it may be ours.
    expect(restoring).toBe(true)
  })

  it('a tag alone is no proof once the restore of that workload is through', async () => {
    const world = await lived()
    await lost(world)
    await restore(world)
    const tags = [{ Key: tagKeys.installation, Value: 'test' }]
    const Name = secretName('test', 'dev', 'claims', 'full', 'later')
    const command = new CreateSecretCommand({ Name, SecretString: '{"value":"somebody’s"}', Tags: tags })
    await world.aws.outside.secretsManager(dev).send(command)
    const later = 'secrets: { session: { generate: { length: 24 } }, later: { generate: { length: 24 } } }'
    await world.push('claims-services', { 'fairway.yaml': manifest('full', [nats, later, aws]) })
    expect((await world.workload('claims/full')).status.error?.message).toMatch(/a tag alone is no proof/)
  })
})

describe('the operation', () => {
  it('is refused without the installation’s name, and changes nothing', async () => {
    const world = await lived()
    await expect(world.operate({ operation: 'restore', confirm: 'prod' })).rejects.toMatchObject({
      fix: expect.stringContaining('--confirm test'),
    })
  })

  it('on an installation that lost nothing marks nothing', async () => {
    const world = await lived()
    const before = await records(world)
    expect(await world.operate({ operation: 'restore', confirm: 'test' })).toMatchObject({ result: 'unchanged' })
    for (const [name, { revision }] of await records(world)) expect(revision).toBe(before.get(name)?.revision)
  })

  it('is on record with who asked, and may be done again', async () => {
    const world = await lived()
    await lost(world)
    await restore(world)
    expect((await world.workload('claims/full')).audit).toMatchObject([{ who: 'test', what: 'restore incarnation 1' }])
    expect(await world.operate({ operation: 'restore', confirm: 'test' })).toMatchObject({ result: 'unchanged' })
  })

  it('a placement that runs, and waits for an input since, keeps what is on the branch', async () => {
    const world = await lived()
    const branch = world.branch('cluster-dev')
    const head = world.head('cluster-dev')
    await lost(world)
    await fill(world, 'claims/filled', '').catch(() => undefined)
    await restore(world)
    const { status } = await world.workload('claims/filled')
    expect(status.phase).toBe('AwaitingSecret')
    expect(status.placements['dev']?.deployed ?? true).toBe(true)
    expect(world.head('cluster-dev')).toBe(head)
    expect(world.branch('cluster-dev')).toEqual(branch)
  })
})
