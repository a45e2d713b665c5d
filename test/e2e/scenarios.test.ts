import { DeleteRoleCommand, DeleteRolePolicyCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretName } from '../../domain/names.ts'
import {
  branch,
  commitFiles,
  head,
  image,
  manifest,
  push,
  reconcile,
  send,
  startWorld,
  workload,
  type World,
} from '../support/controlplane.ts'

/** What people do to a control plane, through the doors that people have. Each scenario has a workload of its own. */

const dev = { account: '100000000001', region: 'eu-west-1' }

describe('one source, from push to repair', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  }, 120_000)
  afterAll(() => world.stop())

  const condition = async (name: string, capability: string) =>
    (await workload(world, name)).status.conditions.find((one) => one.capability === capability)

  it('P7, P8: a bad manifest changes nothing and is answered with file, line and column; good ones beside it are admitted', async () => {
    await push(world, 'claims-services', { '.fairway/good.yaml': manifest('good') })
    const before = await workload(world, 'claims/good')
    await push(world, 'claims-services', {
      '.fairway/good.yaml': manifest('good').replace('environments', 'enviroments'),
      '.fairway/other.yaml': manifest('other'),
      '.fairway/foreign.yaml': manifest('thief', [], 'policy-admin'),
    })
    const source = await world.controlPlane.store.get({ kind: 'Source', name: 'claims-services' })
    const problems = source?.problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
    expect(problems).toEqual([
      expect.stringMatching(/^\.fairway\/foreign\.yaml:3:\d+: .*policy-admin/),
      expect.stringMatching(/^\.fairway\/good\.yaml:\d+:3: .*environments/),
    ])
    expect((await workload(world, 'claims/good')).generation).toBe(before.generation)
    expect((await workload(world, 'claims/good')).intent).toBe('present')
    expect((await workload(world, 'claims/other')).status.phase).toBe('AwaitingImage')
    await push(world, 'claims-services', {
      '.fairway/good.yaml': manifest('good'),
      '.fairway/other.yaml': manifest('other'),
    })
  })

  it('an image takes it to a Deployment, the next image to the next digest: one commit each', async () => {
    const first = await image(world, 'claims/other')
    expect((await branch(world, 'cluster-dev')).get('manifests/claims/other/deployment.yaml')).toContain(first)
    expect((await workload(world, 'claims/other')).status.phase).toBe('Ready')
    const second = await image(world, 'claims/other', 'main-2')
    const text = (await branch(world, 'cluster-dev')).get('manifests/claims/other/deployment.yaml')
    expect(text).toContain(second)
    expect(text).not.toContain(first)
  })

  it('P1: reconciling what is well moves no branch and writes nothing anywhere', async () => {
    const before = await head(world, 'cluster-dev')
    const record = await workload(world, 'claims/other')
    world.controlPlane.resetCounts()
    for (let round = 0; round < 3; round++) await reconcile(world, 'claims/other')
    const writes = Object.values(world.controlPlane.counts()).reduce((sum, count) => sum + count.writes, 0)
    expect(writes).toBe(0)
    expect(await head(world, 'cluster-dev')).toBe(before)
    expect((await workload(world, 'claims/other')).status).toEqual(record.status)
  })

  it('what somebody broke by hand is named and repaired: a role and a manifest', async () => {
    const files = {
      '.fairway/good.yaml': manifest('good'),
      '.fairway/other.yaml': manifest('other', [
        'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
      ]),
    }
    await push(world, 'claims-services', files)
    const { roleArn } = (await workload(world, 'claims/other')).status.outputs['iam/dev'] as { roleArn: string }
    const RoleName = roleArn.split('/').at(-1) ?? ''
    const iam = world.controlPlane.aws.outside.iam(dev)
    world.steps.length = 0
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'fairway' }))
    await iam.send(new DeleteRoleCommand({ RoleName }))
    // AWS tells of it, so that nobody has to ask.
    await world.controlPlane.settle()
    const url = `${world.controlPlane.url}/repos/cluster-dev.git`
    const path = 'manifests/claims/other/serviceaccount.yaml'
    const healthy = (await branch(world, 'cluster-dev')).get(path)
    await commitFiles(
      url,
      Object.fromEntries([...(await branch(world, 'cluster-dev'))].filter(([name]) => name !== path)),
    )
    expect((await branch(world, 'cluster-dev')).has(path)).toBe(false)
    await reconcile(world, 'claims/other')
    expect((await branch(world, 'cluster-dev')).get(path)).toBe(healthy)
    await expect(iam.send(new GetRoleCommand({ RoleName }))).resolves.toMatchObject({ Role: { Arn: roleArn } })
    const applied = world.steps
      .filter(({ function: name }) => name === 'IamFunction')
      .flatMap(({ output }) => output['applied'])
    expect(applied.join('\n')).toContain('create role')
    expect((await workload(world, 'claims/other')).status.phase).toBe('Ready')
  })

  it('a placeholder is waited for by name, and its owner’s value is what is deployed, untouched', async () => {
    await push(world, 'claims-services', {
      '.fairway/good.yaml': manifest('good', ['secrets: { stripe: { keys: [apiKey] } }']),
      '.fairway/other.yaml': manifest('other'),
    })
    await image(world, 'claims/good')
    expect(await workload(world, 'claims/good')).toMatchObject({ status: { phase: 'AwaitingSecret' } })
    expect(await condition('claims/good', 'secrets')).toMatchObject({
      reason: 'AwaitingSecret',
      message: expect.stringContaining('apiKey'),
    })
    expect((await branch(world, 'cluster-dev')).has('manifests/claims/good/deployment.yaml')).toBe(false)
    const SecretId = secretName('local', 'dev', 'claims', 'good', 'stripe')
    const owner = world.controlPlane.aws.outside.secretsManager(dev)
    const SecretString = JSON.stringify({ apiKey: 'the value of its owner' })
    await owner.send(new PutSecretValueCommand({ SecretId, SecretString }))
    await reconcile(world, 'claims/good')
    expect((await workload(world, 'claims/good')).status.phase).toBe('Ready')
    expect((await branch(world, 'cluster-dev')).has('manifests/claims/good/deployment.yaml')).toBe(true)
    expect(await owner.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({ SecretString })
  })

  it('P5: what exists already is refused with the command that takes it over, and taken over only by it', async () => {
    const ecr = world.controlPlane.aws.outside.ecr(dev)
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'claims/taken' }))
    const files = {
      '.fairway/good.yaml': manifest('good'),
      '.fairway/other.yaml': manifest('other'),
      '.fairway/taken.yaml': manifest('taken'),
    }
    await push(world, 'claims-services', files)
    expect((await workload(world, 'claims/taken')).status.phase).toBe('Failed')
    const refused = await condition('claims/taken', 'ecr')
    const command = /fairway adopt (\S+) (\S+) ([^`\s]+)/.exec(refused?.message ?? '')
    expect(command, refused?.message).not.toBeNull()
    const [, name = '', key = '', id = ''] = command ?? []
    await world.controlPlane.operate({ operation: 'adopt', workload: name, key, id })
    await world.controlPlane.settle()
    expect(await condition('claims/taken', 'ecr')).toMatchObject({ reason: 'AwaitingImage' })
    expect((await workload(world, 'claims/taken')).audit?.at(-1)).toMatchObject({
      what: expect.stringContaining('adopt'),
    })
  })

  it('P9: more removals than the brake allows wait for an explicit go', async () => {
    await push(world, 'claims-services', { '.fairway/good.yaml': manifest('good') })
    expect(await world.controlPlane.store.get({ kind: 'Source', name: 'claims-services' })).toMatchObject({
      braked: ['claims/other', 'claims/taken'],
    })
    expect((await workload(world, 'claims/other')).intent).toBe('present')
    await world.controlPlane.operate({ operation: 'go', source: 'claims-services' })
    await world.controlPlane.settle()
    expect((await workload(world, 'claims/other')).status.phase).toBe('Retired')
    expect((await workload(world, 'claims/taken')).status.phase).toBe('Retired')
    const paths = [...(await branch(world, 'cluster-dev')).keys()].filter((path) => /other|taken/.test(path))
    expect(paths).toEqual([])
    expect(await world.controlPlane.store.get({ kind: 'Source', name: 'claims-services' })).toMatchObject({
      braked: [],
      declared: ['claims/good'],
    })
  })

  it('what comes back is a new incarnation, and gets nothing that was revoked', async () => {
    const nats = ['nats: { publish: [claims.opened] }']
    const both = { '.fairway/good.yaml': manifest('good'), '.fairway/again.yaml': manifest('again', nats) }
    await push(world, 'claims-services', both)
    const before = (await workload(world, 'claims/again')).credentials['dev/nats']
    await push(world, 'claims-services', { '.fairway/good.yaml': manifest('good') })
    expect((await workload(world, 'claims/again')).status.phase).toBe('Retired')
    await push(world, 'claims-services', both)
    const after = await workload(world, 'claims/again')
    expect(after.incarnation).toBe(2)
    expect(after.status.error).toBeUndefined()
    expect(after.credentials['dev/nats']?.publicKey).toBeDefined()
    expect(after.credentials['dev/nats']?.publicKey).not.toBe(before?.publicKey)
    expect(after.credentials['dev/nats']?.versionId).not.toBe(before?.versionId)
  })

  it('an environment that is taken out of the spec leaves its cluster, and the other one stays', async () => {
    const placed = (environments: string) => manifest('moving').replace('{ dev: {} }', environments)
    const files = (environments: string) => ({
      '.fairway/good.yaml': manifest('good'),
      '.fairway/again.yaml': manifest('again'),
      '.fairway/moving.yaml': placed(environments),
    })
    await push(world, 'claims-services', files('{ dev: {}, prod: {} }'))
    expect(Object.keys((await workload(world, 'claims/moving')).status.placements)).toEqual(['dev', 'prod'])
    await push(world, 'claims-services', files('{ prod: {} }'))
    const left = await workload(world, 'claims/moving')
    expect(Object.keys(left.status.placements)).toEqual(['prod'])
    expect([...(await branch(world, 'cluster-dev')).keys()].filter((path) => path.includes('moving'))).toEqual([])
    expect([...(await branch(world, 'cluster-prod')).keys()].some((path) => path.includes('moving'))).toBe(true)
  })

  it('a form is refused for a team that the System does not list, on the run that asked', async () => {
    const inputs = { name: 'sneaky', system: 'policy-admin', type: 'worker', environments: ['dev'] }
    const { run } = await world.controlPlane.portal.execute('fairway_declare_workload', inputs, 'bo@example.com')
    await world.controlPlane.settle()
    expect(await world.controlPlane.store.get({ kind: 'Workload', name: 'policy-admin/sneaky' })).toBeUndefined()
    expect(JSON.stringify(world.controlPlane.portal.state)).toContain(run)
    expect(JSON.stringify(world.controlPlane.portal.state)).toMatch(/bo@example.com is in claims/)
  })

  it('an unsigned or wrongly signed webhook starts nothing', async () => {
    world.steps.length = 0
    const body = JSON.stringify({
      repository: 'x',
      ref: 'refs/heads/main',
      before: '0'.repeat(40),
      after: '1'.repeat(40),
    })
    expect(await send(world, '/webhooks/git/claims-services', body, 'not the secret')).toBe(401)
    expect(world.steps.filter(({ function: name }) => name === 'SourceFunction')).toEqual([])
  })
})

describe('a control plane that ends and starts again on the same directory', () => {
  it('goes on where it was, and finds nothing to do', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fairway-restart-'))
    try {
      const first = await startWorld(directory)
      await push(first, 'claims-services', {
        'fairway.yaml': manifest('one', ['nats: { subscribe: [claims.opened] }']),
      })
      await image(first, 'claims/one')
      const before = await workload(first, 'claims/one')
      expect(before.status.phase).toBe('Ready')
      await first.stop()
      const second = await startWorld(directory)
      second.controlPlane.resetCounts()
      await reconcile(second, 'claims/one')
      expect((await workload(second, 'claims/one')).status).toEqual(before.status)
      const writes = Object.values(second.controlPlane.counts()).reduce((sum, count) => sum + count.writes, 0)
      expect(writes).toBe(0)
      await second.stop()
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }, 120_000)

  it('two cannot run on one directory', async () => {
    const world = await startWorld()
    await expect(startWorld(world.directory)).rejects.toThrow(/runs a control plane/)
    await world.stop()
  })
})
