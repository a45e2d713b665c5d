import {
  DeletePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import { DeleteRepositoryCommand, PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { driftKinds, type DriftKind } from '../../domain/fleet.ts'
import { roleName, secretName, tagKeys } from '../../domain/names.ts'
import { pushImage } from '../../local/aws/index.ts'
import { manifest } from '../support/controlplane.ts'
import { everything, fleetWorld, one, type FleetWorld } from '../support/fleetworld.ts'

/**
 * Each kind of drift, made by hand: the next look finds it, the sweep starts what repairs it, and the look after that
 * finds nothing.
 */

const role = roleName('test', 'dev', 'claims', 'one')
const session = secretName('test', 'dev', 'claims', 'one', 'session')
const dev = 'https://github.example/acme/cluster-dev.git'
const deployment = 'manifests/claims/one/deployment.yaml'
const others = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::100000000001:root' }, Action: 'sts:AssumeRole' }],
})

interface Case {
  readonly kind: DriftKind
  readonly what: string
  readonly make: (world: FleetWorld) => Promise<unknown>
  /** Part of what the finding is about. */
  readonly where: string
  /** What else comes with it. */
  readonly with?: readonly DriftKind[]
}

const repaired: readonly Case[] = [
  {
    kind: 'repository-deleted',
    what: 'the repository is deleted, with its images',
    make: async ({ aws, home }) => {
      await aws.outside.ecr(home).send(new DeleteRepositoryCommand({ repositoryName: one, force: true }))
    },
    where: one,
  },
  {
    kind: 'repository-changed',
    what: 'its tags are made mutable',
    make: ({ aws, home }) => {
      const input = { repositoryName: one, imageTagMutability: 'MUTABLE' } as const
      return aws.outside.ecr(home).send(new PutImageTagMutabilityCommand(input))
    },
    where: one,
  },
  {
    kind: 'role-deleted',
    what: 'the role is deleted',
    make: async (world) => {
      const iam = world.aws.outside.iam(world.home)
      await iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: 'fairway' }))
      await iam.send(new DeleteRoleCommand({ RoleName: role }))
    },
    where: role,
  },
  {
    kind: 'role-changed',
    what: 'a tag of the role is changed',
    make: (world) => tagRole(world, tagKeys.team, 'others'),
    where: role,
  },
  {
    kind: 'policy-changed',
    what: 'the policy of the role is widened',
    make: ({ aws, home }) => {
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      })
      const input = { RoleName: role, PolicyName: 'fairway', PolicyDocument }
      return aws.outside.iam(home).send(new PutRolePolicyCommand(input))
    },
    where: role,
  },
  {
    kind: 'trust-changed',
    what: 'the role trusts somebody else',
    make: ({ aws, home }) => {
      const input = { RoleName: role, PolicyDocument: others }
      return aws.outside.iam(home).send(new UpdateAssumeRolePolicyCommand(input))
    },
    where: role,
  },
  {
    kind: 'boundary-changed',
    what: 'the boundary is taken away',
    make: ({ aws, home }) => aws.outside.iam(home).send(new DeleteRolePermissionsBoundaryCommand({ RoleName: role })),
    where: role,
  },
  {
    kind: 'association-deleted',
    what: 'the association is deleted',
    make: async (world) => {
      const association = await associationOf(world)
      await world.aws.outside.eks(world.home).send(new DeletePodIdentityAssociationCommand(association))
    },
    where: 'apps-dev/claims/one',
  },
  {
    kind: 'association-changed',
    what: 'the association points to another role, which no page shows: the deep sample does',
    make: async (world) => {
      const pods = { Service: 'pods.eks.amazonaws.com' }
      const allowed = { Effect: 'Allow', Principal: pods, Action: ['sts:AssumeRole', 'sts:TagSession'] }
      const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [allowed] })
      const other = { RoleName: 'other', AssumeRolePolicyDocument }
      await world.aws.outside.iam(world.home).send(new CreateRoleCommand(other))
      const roleArn = `arn:aws:iam::${world.home.account}:role/other`
      const input = { ...(await associationOf(world)), roleArn }
      await world.aws.outside.eks(world.home).send(new UpdatePodIdentityAssociationCommand(input))
    },
    where: 'apps-dev/claims/one',
  },
  {
    kind: 'secret-deleted',
    what: 'the secret is scheduled for deletion',
    make: ({ aws, home }) => aws.outside.secretsManager(home).send(new DeleteSecretCommand({ SecretId: session })),
    where: session,
  },
  {
    kind: 'secret-changed',
    what: 'somebody writes another value over a generated one',
    make: ({ aws, home }) =>
      aws.outside
        .secretsManager(home)
        .send(new PutSecretValueCommand({ SecretId: session, SecretString: '{"value":"mine"}' })),
    where: session,
  },
  {
    kind: 'secret-tags-changed',
    what: 'a tag of the secret is changed',
    make: ({ aws, home }) => {
      const Tags = [{ Key: tagKeys.costCentre, Value: 'none' }]
      return aws.outside.secretsManager(home).send(new TagResourceCommand({ SecretId: session, Tags }))
    },
    where: session,
  },
  {
    kind: 'nats-account-changed',
    what: 'the servers lose the account',
    make: async ({ provider }) => {
      for (const server of provider.state)
        for (const part of [server.store, server.memory]) for (const account of Object.keys(part)) delete part[account]
    },
    where: 'claims/dev',
  },
  {
    kind: 'nats-scope-changed',
    what: 'an earlier copy of the account is put back, in which the role may do something else',
    make: async (world) => {
      const earlier = structuredClone(world.provider.state)
      const wider = everything.map((line) => line.replace('claims.opened', 'claims.opened, claims.closed'))
      await world.push('claims-services', { 'fairway.yaml': manifest('one', wider) })
      world.clock.advance(10 * 60_000)
      for (const [index, server] of world.provider.state.entries()) Object.assign(server, earlier[index])
    },
    where: 'claims/dev',
  },
  {
    kind: 'manifest-deleted',
    what: 'a file of the workload is deleted from the branch',
    make: async ({ host }) => host.repository(dev).write('main', { [deployment]: undefined }, 'oops'),
    where: deployment,
  },
  {
    kind: 'manifest-edited',
    what: 'a file of the workload is edited on the branch',
    make: async ({ host }) => host.repository(dev).write('main', { [deployment]: 'replicas: 100\n' }, 'quick fix'),
    where: deployment,
  },
  {
    kind: 'manifest-foreign',
    what: 'a file that nobody rendered is put beside those of the workload',
    make: async ({ host }) =>
      host.repository(dev).write('main', { 'manifests/claims/one/extra.yaml': 'kind: Secret\n' }, 'mine'),
    where: 'manifests/claims/one/extra.yaml',
  },
]

describe('drift that is put right', () => {
  it.each(repaired)('$kind: $what', async ({ kind, make, where, with: others = [] }) => {
    const world = await fleetWorld()
    await make(world)
    world.started()
    await world.lookAll()
    const found = await world.findings()
    expect(found.map((finding) => finding.kind).toSorted()).toEqual([kind, ...others].toSorted())
    const finding = found.find((each) => each.kind === kind)
    expect(finding).toMatchObject({ kind, answer: 'repairing', resource: { kind: 'Workload', name: one } })
    expect(finding?.where).toContain(where)
    expect((await world.workload(one)).drift).toMatchObject(found.map(({ kind: each }) => ({ kind: each })))
    await world.repair()
    const record = await world.workload(one)
    expect(record.drift).toBeUndefined()
    expect(record.repaired?.findings.map((each) => each.kind)).toContain(kind)
    await world.lookAll()
    expect(await world.findings()).toEqual([])
    expect(world.started().filter((event) => event.startsWith('WorkloadChanged'))).toHaveLength(1)
  })
})

describe('drift that is told', () => {
  it('orphan: what carries our tag and a name of ours, and nobody declares, is told and left alone', async () => {
    const world = await fleetWorld()
    const ghost = roleName('test', 'dev', 'claims', 'ghost')
    await world.aws.outside.iam(world.home).send(
      new CreateRoleCommand({
        RoleName: ghost,
        Path: '/fairway/',
        AssumeRolePolicyDocument: others,
        Tags: Object.entries({
          [tagKeys.installation]: 'test',
          [tagKeys.system]: 'claims',
          [tagKeys.workload]: 'ghost',
        }).map(([Key, Value]) => ({ Key, Value })),
      }),
    )
    for (let round = 0; round < 2; round++) {
      await world.lookAll()
      const [finding, ...more] = await world.findings()
      expect(more).toEqual([])
      expect(finding).toMatchObject({ kind: 'orphan', answer: 'reported', why: expect.stringContaining('no proof') })
      expect(finding?.where).toContain(ghost)
      expect(finding).not.toHaveProperty('resource')
    }
    await world.repair()
    expect(world.started()).toEqual([])
    expect(world.written()).toEqual([])
    expect(await world.aws.outside.iam(world.home).send(new GetRoleCommand({ RoleName: ghost }))).toBeDefined()
  })

  it('orphan: what a retired workload left, and a person brought back, is told and left alone', async () => {
    const world = await fleetWorld()
    await world.push('claims-services', {})
    await world.operate({ operation: 'retire', workload: one, confirm: 'dev' })
    await world.settle()
    expect((await world.workload(one)).status.phase).toBe('Retired')
    await world.lookAll()
    expect(await world.findings()).toEqual([])
    await world.aws.outside.secretsManager(world.home).send(new RestoreSecretCommand({ SecretId: session }))
    world.clock.advance(10 * 60_000)
    world.started()
    await world.lookAll()
    expect(await world.findings()).toMatchObject([
      { kind: 'orphan', where: session, answer: 'reported', why: expect.stringContaining('no proof') },
    ])
    expect(world.started()).toEqual([])
  })

  it('disowned: what lost our tag is told, by the status too, and not seized', async () => {
    const world = await fleetWorld()
    const iam = world.aws.outside.iam(world.home)
    await iam.send(new UntagRoleCommand({ RoleName: role, TagKeys: [tagKeys.installation] }))
    await tagRole(world, tagKeys.team, 'others')
    await world.lookAll()
    const [finding, ...more] = await world.findings()
    expect(more).toEqual([])
    expect(finding).toMatchObject({ kind: 'disowned', answer: 'reported', why: expect.stringContaining('put the tag') })
    await world.repair()
    const { status, drift } = await world.workload(one)
    expect(status).toMatchObject({ phase: 'Failed', error: { type: 'Terminal' } })
    expect(drift).toMatchObject([{ kind: 'disowned' }])
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }))
    expect(Role?.Tags).toContainEqual({ Key: tagKeys.team, Value: 'others' })
    world.written()
    await world.lookAll()
    expect(world.written()).toEqual([])
    await tagRole(world, tagKeys.installation, 'test')
    await world.settle()
    expect(await world.workload(one)).toMatchObject({ status: { phase: 'Ready' } })
    expect((await world.workload(one)).drift).toBeUndefined()
  })

  it('due: an image of which the push was never heard is deployed, once its workload is sampled', async () => {
    const world = await fleetWorld()
    const before = (await world.workload(one)).status.placements['dev']?.digest
    // As an event that is lost: nothing is put on the bus.
    await pushImage(world.aws, { ...world.home, repository: one, tag: 'main-2', content: 'another' })
    await world.lookAll()
    expect(await world.findings()).toMatchObject([
      { kind: 'due', answer: 'repairing', deep: true, what: expect.stringContaining('deploy main-2 to dev') },
    ])
    await world.repair()
    expect((await world.workload(one)).status.placements['dev']?.digest).not.toBe(before)
    await world.lookAll()
    expect(await world.findings()).toEqual([])
  })

  it('due: what nobody would have looked at is done, and is no drift', async () => {
    const world = await fleetWorld()
    const { renewAt = 0 } = (await world.workload(one)).credentials['dev/nats'] ?? {}
    world.clock.advance(renewAt - world.clock.now() + 1000)
    await world.core.table.update(`Workload/${one}`, { remove: [['attentionAt']] })
    await world.lookAll()
    expect(await world.findings()).toMatchObject([{ kind: 'due', answer: 'repairing', capability: 'nats' }])
    expect(await world.workload(one)).not.toHaveProperty('drift')
    await world.repair()
    const record = await world.workload(one)
    expect(record.credentials['dev/nats']).toMatchObject({ generation: 2 })
    expect(record).not.toHaveProperty('repaired')
  })
})

const elsewhere: readonly DriftKind[] = ['orphan', 'disowned', 'due']

it('every kind of drift is made by hand here', () => {
  const made = new Set([...repaired.map(({ kind }) => kind), ...elsewhere])
  expect(driftKinds.filter((kind) => !made.has(kind))).toEqual([])
})

async function associationOf({ aws, home }: FleetWorld) {
  const input = { clusterName: 'apps-dev', namespace: 'claims', serviceAccount: 'one' }
  const { associations = [] } = await aws.outside.eks(home).send(new ListPodIdentityAssociationsCommand(input))
  return { clusterName: 'apps-dev', associationId: associations[0]?.associationId ?? '' }
}

function tagRole({ aws, home }: FleetWorld, Key: string, Value: string) {
  return aws.outside.iam(home).send(new TagRoleCommand({ RoleName: role, Tags: [{ Key, Value }] }))
}
