import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteLifecyclePolicyCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
} from '@aws-sdk/client-ecr'
import { DeleteRoleCommand, DeleteRolePolicyCommand, GetRoleCommand, GetRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleName, secretName } from '../../domain/names.ts'
import { endpointClients, type EndpointClients } from '../../local/endpoint/clients.ts'
import {
  branch,
  head,
  image,
  manifest,
  push,
  reconcile,
  startWorld,
  workload,
  type World,
} from '../support/controlplane.ts'
import { binary, lines, motoMayBeAbsent, startingMoto, startMoto, type Moto } from './server.ts'

/**
 * The local control plane on an AWS that somebody else wrote: real SDK clients, moto's DynamoDB as the store, two
 * accounts and regions. Each step goes on where the one before it ended.
 */

/** What moto lacks: simulated in the process of the control plane, which says so. */
const lacking = ['  it lacks eks: Pod Identity associations are simulated in this process']

const home = { account: '100000000001', region: 'eu-west-1' }
/** Another account, in another region: examples/platform. */
const away = { account: '200000000002', region: 'eu-central-1' }
const places = [
  { cluster: 'dev', ...home },
  { cluster: 'prod', ...away },
] as const
const source = 'claims-services'
const name = 'claims/filing'
const RoleName = (cluster: string) => roleName('local', cluster, 'claims', 'filing')
const SecretId = (cluster: string, entry: string) => secretName('local', cluster, 'claims', 'filing', entry)

const statement = (action: string) => `{ actions: ["${action}"], resources: ["arn:aws:s3:::claims-filing/*"] }`
const files = (action: string, subjects: string) => ({
  '.fairway/filing.yaml': manifest('filing', [
    `aws: { statements: [${statement(action)}] }`,
    `nats: { publish: [${subjects}] }`,
    'secrets: { session: { generate: { length: 48 } }, stripe: { keys: [apiKey] } }',
  ]).replace('{ dev: {} }', '{ dev: {}, prod: {} }'),
  '.fairway/other.yaml': manifest('other'),
})

motoMayBeAbsent()

describe.skipIf(binary === undefined)('a control plane on moto', { timeout: 120_000 }, () => {
  let moto: Moto
  let aws: EndpointClients
  let directory: string
  let world: World

  beforeAll(async () => {
    moto = await startMoto(binary ?? '')
    aws = endpointClients({ url: moto.endpoint, home })
    directory = await mkdtemp(join(tmpdir(), 'fairway-moto-'))
    world = await startWorld(directory, moto.endpoint)
  }, startingMoto)
  afterAll(async () => {
    await world?.stop()
    aws?.destroy()
    await moto?.stop()
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    process.stdout.write(
      lines(
        'the control plane on moto',
        lacking.map((line) => line.trim()),
      ),
    )
  })

  const phase = async (of = name) => (await workload(world, of)).status.phase
  const policyIn = async (place: (typeof places)[number]) => {
    const command = new GetRolePolicyCommand({ RoleName: RoleName(place.cluster), PolicyName: 'fairway' })
    return decodeURIComponent((await aws.iam(place).send(command)).PolicyDocument ?? '')
  }
  const versionsIn = async (place: (typeof places)[number], entry: string) => {
    const command = new ListSecretVersionIdsCommand({ SecretId: SecretId(place.cluster, entry) })
    const { Versions = [] } = await aws.secretsManager(place).send(command)
    return Versions.map(({ VersionId, VersionStages }) => ({ VersionId, VersionStages: VersionStages?.toSorted() }))
  }
  const versions = () =>
    Promise.all(places.flatMap((place) => ['session', 'stripe', 'nats'].map((entry) => versionsIn(place, entry))))
  const heads = () => Promise.all(['cluster-dev', 'cluster-prod'].map((repository) => head(world, repository)))
  const writes = () => Object.values(world.controlPlane.counts()).reduce((sum, count) => sum + count.writes, 0)

  it('says what the endpoint lacks, and what is done about it', () => {
    const [there, ...not] = world.controlPlane.awsDescription
    expect(there).toBe(`AWS at ${moto.endpoint}: sts, dynamodb, ecr, iam, kms, secretsmanager`)
    expect(not).toEqual(lacking)
  })

  it('keeps its records in moto’s DynamoDB, in the table as the stack names it', async () => {
    const { Table } = await aws.dynamoDb().send(new DescribeTableCommand({ TableName: 'fairway-local' }))
    expect(Table?.ItemCount).toBeGreaterThan(0)
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual(['attention', 'kind'])
  })

  it('takes a push to a repository, and to roles and secrets in each cluster’s own account and region', async () => {
    await push(world, source, files('s3:GetObject', 'claims.filed'))
    expect(await phase()).toBe('AwaitingSecret')
    const { repositories } = await aws.ecr().send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))
    expect(repositories?.[0]).toMatchObject({
      repositoryArn: `arn:aws:ecr:${home.region}:${home.account}:repository/${name}`,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
    })
    for (const place of places) {
      const { Role } = await aws.iam(place).send(new GetRoleCommand({ RoleName: RoleName(place.cluster) }))
      expect(Role?.Arn).toBe(`arn:aws:iam::${place.account}:role/fairway/${RoleName(place.cluster)}`)
      expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toMatch(/:policy\/fairway\/fairway-boundary$/)
      expect(await policyIn(place)).toContain('s3:GetObject')
      expect(await versionsIn(place, 'session')).toMatchObject([
        { VersionStages: expect.arrayContaining(['AWSCURRENT', 'fairway-g1']) },
      ])
      expect(await versionsIn(place, 'nats')).toHaveLength(1)
      expect(await versionsIn(place, 'stripe')).toEqual([])
    }
  })

  it('waits for a secret’s owner and for an image, and then deploys its digest', async () => {
    for (const place of places) {
      const SecretString = JSON.stringify({ apiKey: `of the owner in ${place.cluster}` })
      await aws
        .secretsManager(place)
        .send(new PutSecretValueCommand({ SecretId: SecretId(place.cluster, 'stripe'), SecretString }))
    }
    const digest = await image(world, name)
    expect(await phase()).toBe('Ready')
    for (const repository of ['cluster-dev', 'cluster-prod']) {
      const deployment = (await branch(world, repository)).get('manifests/claims/filing/deployment.yaml')
      expect(deployment).toContain(`${home.account}.dkr.ecr.${home.region}.amazonaws.com/${name}@${digest}`)
    }
    const stripe = new GetSecretValueCommand({ SecretId: SecretId('prod', 'stripe') })
    const { SecretString } = await aws.secretsManager(away).send(stripe)
    expect(SecretString).toBe('{"apiKey":"of the owner in prod"}')
  })

  it('P1: reconciles what is well without a write, a commit or another status', async () => {
    const before = [await heads(), await versions(), (await workload(world, name)).status]
    world.controlPlane.resetCounts()
    for (let round = 0; round < 2; round++) await reconcile(world, name)
    expect(writes()).toBe(0)
    expect(world.controlPlane.counts()['iam']?.reads).toBeGreaterThan(0)
    expect([await heads(), await versions(), (await workload(world, name)).status]).toEqual(before)
  })

  it('P2: changes permissions, and no credential with them', async () => {
    const before = await versions()
    await push(world, source, files('s3:ListBucket', 'claims.filed, claims.withdrawn'))
    for (const place of places) {
      expect(await policyIn(place)).toContain('s3:ListBucket')
      expect(await policyIn(place)).not.toContain('s3:GetObject')
    }
    expect(await versions()).toEqual(before)
    expect(await phase()).toBe('Ready')
  })

  it('repairs what somebody broke by hand, and names it', async () => {
    await aws.iam(home).send(new DeleteRolePolicyCommand({ RoleName: RoleName('dev'), PolicyName: 'fairway' }))
    await aws.iam(home).send(new DeleteRoleCommand({ RoleName: RoleName('dev') }))
    await aws.iam(away).send(new DeleteRolePolicyCommand({ RoleName: RoleName('prod'), PolicyName: 'fairway' }))
    await aws.ecr().send(new DeleteLifecyclePolicyCommand({ repositoryName: name }))
    world.steps.length = 0
    await reconcile(world, name)
    for (const place of places) expect(await policyIn(place)).toContain('s3:ListBucket')
    const { lifecyclePolicyText } = await aws.ecr().send(new GetLifecyclePolicyCommand({ repositoryName: name }))
    expect(lifecyclePolicyText).toContain('rules')
    const applied = world.steps.flatMap(({ output }) => (output['applied'] as readonly string[] | undefined) ?? [])
    expect(applied.join('\n')).toMatch(/create role/)
    expect(applied.join('\n')).toMatch(/lifecycle/)
    expect(await phase()).toBe('Ready')
    world.controlPlane.resetCounts()
    await reconcile(world, name)
    expect(writes()).toBe(0)
  })

  it('goes on where it was when it is started again: the records are at the endpoint', async () => {
    const before = [await versions(), (await workload(world, name)).status]
    await world.stop()
    world = await startWorld(directory, moto.endpoint)
    world.controlPlane.resetCounts()
    await reconcile(world, name)
    expect(writes()).toBe(0)
    expect([await versions(), (await workload(world, name)).status]).toEqual(before)
  })

  it('removes a retired workload from git, and then from AWS, its secrets restorable', async () => {
    const { '.fairway/other.yaml': other } = files('', '')
    await push(world, source, { '.fairway/other.yaml': other })
    expect(await phase()).toBe('Retired')
    for (const repository of ['cluster-dev', 'cluster-prod']) {
      expect([...(await branch(world, repository)).keys()].filter((path) => path.includes('filing'))).toEqual([])
    }
    for (const place of places) {
      const role = aws.iam(place).send(new GetRoleCommand({ RoleName: RoleName(place.cluster) }))
      await expect(role).rejects.toMatchObject({ name: 'NoSuchEntityException' })
      for (const entry of ['session', 'stripe', 'nats']) {
        const secret = new DescribeSecretCommand({ SecretId: SecretId(place.cluster, entry) })
        expect((await aws.secretsManager(place).send(secret)).DeletedDate, entry).toBeDefined()
      }
    }
    const repository = aws.ecr().send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))
    await expect(repository).rejects.toMatchObject({ name: 'RepositoryNotFoundException' })
    expect(await phase('claims/other')).toBe('AwaitingImage')
  })

  it('makes a workload that comes back a new incarnation, with new credentials', async () => {
    const before = await workload(world, name)
    await push(world, source, files('s3:GetObject', 'claims.filed'))
    const after = await workload(world, name)
    expect(after.incarnation).toBe(before.incarnation + 1)
    expect(after.status.error).toBeUndefined()
    expect(after.status.phase).toBe('AwaitingImage')
    for (const place of places) {
      expect(await policyIn(place)).toContain('s3:GetObject')
      const secret = new DescribeSecretCommand({ SecretId: SecretId(place.cluster, 'nats') })
      expect((await aws.secretsManager(place).send(secret)).DeletedDate).toBeUndefined()
      const key = ({ credentials }: typeof after) => credentials[`${place.cluster}/nats`]?.publicKey
      expect(key(after)).toMatch(/^U/)
      expect(key(after)).not.toBe(key(before))
    }
    await image(world, name)
    world.controlPlane.resetCounts()
    await reconcile(world, name)
    expect(writes()).toBe(0)
  })
})
