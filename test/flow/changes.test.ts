import {
  DeleteLifecyclePolicyCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutImageTagMutabilityCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import {
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import {
  CreateRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  UntagResourceCommand as UntagSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, it } from 'vitest'
import { readerRoleName, roleName, secretName } from '../../domain/names.ts'
import { createFleet } from '../../store/fleet.ts'
import { manifest } from '../support/controlplane.ts'
import { memoryWorld, type MemoryWorld } from '../support/memoryworld.ts'

/** What is changed by hand in AWS, told by a trail: over the deployed rules, handlers and state machines. */

const name = 'claims/one'
const lines = [
  'nats: { publish: [claims.opened] }',
  'secrets: { session: { generate: { length: 24 } } }',
  'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }',
]
const role = roleName('test', 'dev', 'claims', 'one')
const reader = readerRoleName('test', 'dev', 'claims')
const secret = secretName('test', 'dev', 'claims', 'one', 'session')
const anybody = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '100000000001' }, Action: 'sts:AssumeRole' }],
})
const pods = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { Service: 'pods.eks.amazonaws.com' }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
  ],
})
const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})

let world: MemoryWorld
let clients: ReturnType<typeof clientsOf>
beforeEach(async () => {
  world = await memoryWorld()
  await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
  await world.image(name)
  await world.settle()
  expect((await world.workload(name)).status.phase).toBe('Ready')
  clients = clientsOf(world)
  world.control.trail = true
  world.events.length = 0
})

const clientsOf = ({ aws: { outside }, home }: MemoryWorld) => ({
  ecr: outside.ecr(home),
  eks: outside.eks(home),
  iam: outside.iam(home),
  secrets: outside.secretsManager(home),
})
const said = () => world.events.filter((event) => event.includes('changed by others'))

async function association() {
  const { associations = [] } = await clients.eks.send(
    new ListPodIdentityAssociationsCommand({ clusterName: 'apps-dev' }),
  )
  const found = associations.find(({ serviceAccount }) => serviceAccount === 'one')
  return { clusterName: 'apps-dev', associationId: found?.associationId ?? '' }
}

/** By hand, and what somebody sees who looks at it. */
const changes: readonly (readonly [string, () => Promise<unknown>, () => Promise<unknown>])[] = [
  [
    'a repository’s tags may be moved',
    () => clients.ecr.send(new PutImageTagMutabilityCommand({ repositoryName: name, imageTagMutability: 'MUTABLE' })),
    async () => {
      const { repositories } = await clients.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))
      return repositories?.[0]?.imageTagMutability
    },
  ],
  [
    'a repository keeps everything',
    () => clients.ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName: name })),
    async () =>
      (await clients.ecr.send(new GetLifecyclePolicyCommand({ repositoryName: name })).catch(() => undefined))
        ?.lifecyclePolicyText,
  ],
  [
    'a repository lacks a tag',
    async () => clients.ecr.send(new UntagResourceCommand({ resourceArn: repositoryArn, tagKeys: ['fairway:team'] })),
    async () => (await clients.ecr.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn }))).tags?.length,
  ],
  [
    'a role is trusted for somebody else',
    () => clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: anybody })),
    async () => (await clients.iam.send(new GetRoleCommand({ RoleName: role }))).Role?.AssumeRolePolicyDocument,
  ],
  [
    'a role may do more',
    () => clients.iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'x', PolicyDocument: everything })),
    async () => (await clients.iam.send(new ListRolePoliciesCommand({ RoleName: role }))).PolicyNames,
  ],
  [
    'a reader of secrets may do more',
    () => clients.iam.send(new PutRolePolicyCommand({ RoleName: reader, PolicyName: 'x', PolicyDocument: everything })),
    async () => (await clients.iam.send(new ListRolePoliciesCommand({ RoleName: reader }))).PolicyNames,
  ],
  [
    'an association is gone',
    async () => clients.eks.send(new DeletePodIdentityAssociationCommand(await association())),
    async () => (await association()).associationId !== '',
  ],
  [
    'an association leads to another role',
    async () => {
      const { Role } = await clients.iam.send(
        new CreateRoleCommand({ RoleName: 'theirs', AssumeRolePolicyDocument: pods }),
      )
      return clients.eks.send(new UpdatePodIdentityAssociationCommand({ ...(await association()), roleArn: Role?.Arn }))
    },
    async () =>
      (await clients.eks.send(new DescribePodIdentityAssociationCommand(await association()))).association?.roleArn,
  ],
  [
    'an entry lacks a tag',
    () => clients.secrets.send(new UntagSecretCommand({ SecretId: secret, TagKeys: ['fairway:team'] })),
    async () => (await clients.secrets.send(new DescribeSecretCommand({ SecretId: secret }))).Tags?.length,
  ],
  [
    'an entry is on its way out',
    () => clients.secrets.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: 7 })),
    async () => (await clients.secrets.send(new DescribeSecretCommand({ SecretId: secret }))).DeletedDate,
  ],
]
const repositoryArn = `arn:aws:ecr:eu-west-1:100000000001:repository/${name}`

describe('what somebody changes by hand', () => {
  it.each(changes)('is put right without a sweep, and once: %s', async (_, change, see) => {
    const before = await see()
    await change()
    expect(await see()).not.toEqual(before)
    await world.quiet()
    expect(await see()).toEqual(before)
    expect(said()).toHaveLength(1)
    const writes = world.writes()
    await world.quiet()
    expect(world.writes()).toBe(writes)
  })

  it('starts nothing when Fairway did it itself', async () => {
    await world.push('claims-services', { 'fairway.yaml': manifest('one', lines.slice(0, 2)) })
    await world.push('claims-services', { 'fairway.yaml': manifest('one', lines) })
    expect(world.events.filter((event) => event.startsWith('AWS API Call'))).toEqual([])
    expect(said()).toEqual([])
  })

  it('is ignored where nobody knows it', async () => {
    await clients.iam.send(
      new CreateRoleCommand({ RoleName: 'test-dev-claims-one-00000000', AssumeRolePolicyDocument: anybody }),
    )
    await clients.iam.send(
      new PutRolePolicyCommand({
        RoleName: 'test-dev-claims-one-00000000',
        PolicyName: 'x',
        PolicyDocument: everything,
      }),
    )
    await clients.secrets.send(new CreateSecretCommand({ Name: 'fairway/test/dev/claims/nobody/session' }))
    await clients.secrets.send(new DeleteSecretCommand({ SecretId: 'fairway/test/dev/claims/nobody/session' }))
    await world.quiet()
    expect(world.events.filter((event) => event.startsWith('AWS API Call')).length).toBeGreaterThan(1)
    expect(said()).toEqual([])
  })

  it('is ignored in an account or a region where the cluster is not, and when the call was refused', async () => {
    const call = { 'detail-type': 'AWS API Call via CloudTrail' } as const
    const written = { eventName: 'PutSecretValue', requestParameters: { secretId: secret } }
    const attached = { eventName: 'PutRolePolicy', requestParameters: { roleName: role } }
    const { account, region } = world.home
    world.bus.put({ ...call, source: 'aws.secretsmanager', account: '200000000002', region, detail: written })
    world.bus.put({ ...call, source: 'aws.secretsmanager', account, region: 'eu-central-1', detail: written })
    world.bus.put({ ...call, source: 'aws.iam', account: '200000000002', region: 'us-east-1', detail: attached })
    world.bus.put({
      ...call,
      source: 'aws.iam',
      account,
      region: 'us-east-1',
      detail: { ...attached, errorCode: 'AccessDenied' },
    })
    await world.quiet()
    expect(said()).toEqual([])
    world.bus.put({ ...call, source: 'aws.iam', account, region: 'us-east-1', detail: attached })
    await world.quiet()
    expect(said()).toHaveLength(1)
  })

  it('is ignored once the workload is on its way out', async () => {
    await world.push('claims-services', {})
    await world.quiet()
    world.events.length = 0
    await clients.ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName: name }))
    await world.quiet()
    expect(said()).toEqual([])
  })
})

describe('a storm of changes', () => {
  it('of one workload, a thousand, is put right, and ends in a few reconciles', async () => {
    let reconciles = 0
    world.control.fault = async (called, _, when) => {
      if (when === 'after') return
      if (called === 'EcrFunction') reconciles += 1
      // Calls take time, in which others are heard of: here, a turn of the event loop each.
      for (let turns = called === 'SweepFunction' ? 1 : 10; turns > 0; turns--) await new Promise(setImmediate)
    }
    for (let count = 0; count < 1000; count++) {
      if (count % 10 === 0) await new Promise(setImmediate)
      await clients.iam.send(
        new PutRolePolicyCommand({ RoleName: role, PolicyName: `x${count % 5}`, PolicyDocument: everything }),
      )
    }
    await world.quiet()
    const { PolicyNames } = await clients.iam.send(new ListRolePoliciesCommand({ RoleName: role }))
    expect(PolicyNames).toHaveLength(1)
    process.stdout.write(`1,000 changes of one role: ${said().length} executions, ${reconciles} reconciles\n`)
    expect(reconciles).toBeGreaterThan(0)
    expect(reconciles).toBeLessThanOrEqual(20)
    expect(said().length).toBeLessThanOrEqual(300)
  })
})

describe('where nothing is repaired', () => {
  const changed = async () => {
    await clients.iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: 'x', PolicyDocument: everything }))
    await world.quiet()
    const { PolicyNames } = await clients.iam.send(new ListRolePoliciesCommand({ RoleName: role }))
    return PolicyNames?.includes('x')
  }

  it.each(['report', 'paused'] as const)('a change starts nothing, when the fleet is told to: %s', async (mode) => {
    await createFleet(world.core.table, world.core).setMode(mode, 'ada')
    expect(await changed()).toBe(true)
    expect(said()).toEqual([])
  })

  it.each(['report', 'paused'] as const)('a change starts nothing, when the System says so: %s', async (mode) => {
    const system = await world.store.get({ kind: 'System', name: 'claims' })
    const spec = { ...(system?.spec as object), reconcile: mode }
    const text = JSON.stringify({
      apiVersion: 'fairway.dev/v1alpha1',
      kind: 'System',
      metadata: { name: 'claims' },
      spec,
    })
    await world.operate({ operation: 'apply', files: [{ path: 'claims.yaml', text }] })
    expect(await changed()).toBe(true)
    expect(said()).toEqual([])
  })

  it('and does again in a System that is repaired, whatever its policies are called', async () => {
    expect(await changed()).toBe(false)
    const own = await clients.iam.send(new ListRolePoliciesCommand({ RoleName: role }))
    const policy = { RoleName: role, PolicyName: own.PolicyNames?.[0] ?? '' }
    const before = (await clients.iam.send(new GetRolePolicyCommand(policy))).PolicyDocument
    await clients.iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: everything }))
    await world.quiet()
    expect((await clients.iam.send(new GetRolePolicyCommand(policy))).PolicyDocument).toBe(before)
  })
})
