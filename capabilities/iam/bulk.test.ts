import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  TagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { describe, expect, test } from 'vitest'
import { readRoles } from '../../iamroles/index.ts'
import { Terminal } from '../../domain/errors.ts'
import { readerRoleName, roleArn, roleName } from '../../domain/names.ts'
import { registerCluster, registerPermissionsBoundary } from '../../local/aws/index.ts'
import type { AwsOptions } from '../../local/aws/index.ts'
import { home } from '../../test/contract/provisioner-aws.ts'
import { bulkAws, bulkBench, place } from '../../test/contract/provisioner-bulk.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { iamBulk } from './bulk.ts'
import type { IamSubject } from './index.ts'
import { iam } from './index.ts'

const statement = { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::quotes-docs/*'] }
const wanted: IamSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
  spec: { aws: { statements: [statement] } },
}
const { spec: _spec, ...retired } = wanted
const RoleName = roleName('acme', 'dev', 'policy-admin', 'quotes')
const holder = { clusterName: 'dev-1', namespace: 'policy-admin', serviceAccount: 'quotes' }
const other = 'arn:aws:iam::111111111111:role/other'
const everything = document({ Action: '*', Resource: '*' })
const open = document({ Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111111111111:root' } })

describe('a placement whose record and cluster agree', () => {
  test('has an empty plan in bulk right after it was made, and in the deep sample', async () => {
    const it = await bench()
    await it.converge(wanted)
    expect(await it.compare(wanted)).toEqual({ alone: [], inBulk: [], deep: [], kinds: [], deepKinds: [] })
  })

  test('is as ready to be removed in bulk as alone, and that is no drift', async () => {
    const it = await bench()
    await it.converge(wanted)
    const { alone, inBulk, kinds } = await it.compare(retired)
    expect(inBulk).toEqual(alone)
    expect(new Set(kinds)).toEqual(new Set(['due']))
    await it.converge(retired)
    expect(await it.compare(retired)).toMatchObject({ alone: [], inBulk: [] })
  })

  test('that never was made is not deleted: its making is due', async () => {
    const it = await bench()
    const { alone, inBulk, kinds } = await it.compare(wanted)
    expect(inBulk).toEqual(alone)
    expect(kinds).toEqual(['due', 'due'])
  })

  test('without AWS costs nothing, and what is there is none of its business', async () => {
    const it = await bench()
    expect(await it.compare({ ...wanted, spec: {} })).toMatchObject({ alone: [], inBulk: [], deep: [] })
  })
})

describe('what a hand did in the account is found in pages as it is found alone', () => {
  const named = { RoleName, PolicyName: 'fairway' }
  test.each<[string, readonly string[], (it: Bench) => Promise<unknown>]>([
    ['the role is gone', ['role-deleted'], (it) => it.deleteRole()],
    ['its policy is gone', ['policy-changed'], ({ iam }) => iam.send(new DeleteRolePolicyCommand(named))],
    [
      'its policy grants more',
      ['policy-changed'],
      ({ iam }) => iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: everything })),
    ],
    [
      'another inline policy',
      ['role-changed'],
      ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'x', PolicyDocument: everything })),
    ],
    [
      'an attached policy',
      ['role-changed'],
      ({ iam }) =>
        iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })),
    ],
    [
      'everybody may take the role',
      ['trust-changed'],
      ({ iam }) => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: open })),
    ],
    [
      'the boundary is gone',
      ['boundary-changed'],
      ({ iam }) => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })),
    ],
    [
      'a tag is gone',
      ['role-changed'],
      ({ iam }) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['fairway:team'] })),
    ],
    [
      'our tag is gone',
      ['disowned'],
      ({ iam }) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['fairway:installation'] })),
    ],
    [
      'another installation’s tag',
      ['disowned'],
      ({ iam }) => iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'fairway:installation', Value: 'x' }] })),
    ],
    [
      'somebody else’s role of that name, under another path',
      ['disowned'],
      async (it) => {
        await it.deleteRole()
        await it.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: open }))
      },
    ],
    [
      'the association is gone',
      ['association-deleted'],
      async (it) => it.eks.send(new DeletePodIdentityAssociationCommand(await it.association())),
    ],
    [
      'another association in its place',
      ['disowned'],
      async (it) => {
        await it.eks.send(new DeletePodIdentityAssociationCommand(await it.association()))
        await it.eks.send(new CreatePodIdentityAssociationCommand({ ...holder, roleArn: other }))
      },
    ],
    [
      'role and association are gone',
      ['role-deleted', 'association-deleted'],
      async (it) => {
        await it.eks.send(new DeletePodIdentityAssociationCommand(await it.association()))
        await it.deleteRole()
      },
    ],
  ])('%s', async (_what, kinds, damage) => {
    const it = await bench()
    await it.otherRole()
    await it.converge(wanted)
    await damage(it)
    const found = await it.compare(wanted)
    expect(found.inBulk).not.toEqual([])
    expect(found.inBulk).toEqual(found.alone)
    expect(found.kinds).toEqual(kinds)
  })

  test('what refuses is named: the role, or the association', async () => {
    const it = await bench()
    await it.otherRole()
    await it.converge(wanted)
    await it.eks.send(new DeletePodIdentityAssociationCommand(await it.association()))
    await it.eks.send(new CreatePodIdentityAssociationCommand({ ...holder, roleArn: other }))
    await it.iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['fairway:installation'] }))
    const desired = it.desired(wanted)
    const seen = iamBulk.observed(desired, await it.snapshot())
    expect(iam.plan(desired, seen, 0).map((action) => iamBulk.drift(action, desired, seen)?.where)).toEqual([
      roleArn(home, RoleName),
      'dev-1/policy-admin/quotes',
    ])
  })

  test.each<[string, (it: Bench, id: Association) => Promise<unknown>]>([
    ['another role', ({ eks }, id) => eks.send(new UpdatePodIdentityAssociationCommand({ ...id, roleArn: other }))],
    [
      'no session tags',
      ({ eks }, id) => eks.send(new UpdatePodIdentityAssociationCommand({ ...id, disableSessionTags: true })),
    ],
    [
      'a chained role',
      ({ eks }, id) =>
        eks.send(
          new UpdatePodIdentityAssociationCommand({ ...id, targetRoleArn: 'arn:aws:iam::222222222222:role/there' }),
        ),
    ],
    [
      'another tag',
      ({ eks }, { arn }) => eks.send(new TagResourceCommand({ resourceArn: arn, tags: { 'fairway:team': 'x' } })),
    ],
  ])('an association with %s is not in pages, and is in the deep sample', async (_what, damage) => {
    const it = await bench()
    await it.otherRole()
    await it.converge(wanted)
    await damage(it, await it.association())
    const found = await it.compare(wanted)
    expect(found.inBulk).toEqual([])
    expect(found.deep).toEqual(found.alone)
    expect(found.deepKinds).toEqual(['association-changed'])
  })

  test('an association that nobody recorded is somebody else’s', async () => {
    const it = await bench()
    await it.otherRole()
    await it.eks.send(new CreatePodIdentityAssociationCommand({ ...holder, roleArn: other }))
    const found = await it.compare(wanted)
    expect(found.inBulk).toEqual(found.alone)
    expect(found.kinds).toContain('disowned')
  })

  test('a cluster that EKS does not have is the same error for its placements, and does not stop the others', async () => {
    const it = await bench()
    const nowhere = clusterNamed('nowhere')
    const snapshot = await iamBulk.snapshot(it.bulkRemote(), { ...place, clusters: [...place.clusters, nowhere] })
    const gone = it.desired({ ...wanted, cluster: nowhere })
    expect(() => iamBulk.observed(gone, snapshot)).toThrow(Terminal)
    await expect(iam.observe(gone, it.remote)).rejects.toThrow('there is no EKS cluster nowhere-1')
    expect(() => iamBulk.observed(gone, snapshot)).toThrow('there is no EKS cluster nowhere-1')
    expect(iamBulk.observed(it.desired(wanted), snapshot)).toEqual({ role: undefined, association: undefined })
  })
})

describe('a place with many placements', () => {
  const workloads = Array.from({ length: 300 }, (_, index): IamSubject => ({ ...wanted, workload: `w-${index}` }))

  async function fleet(options: Partial<AwsOptions> = {}) {
    const it = await bench(options)
    const claims = new Map<string, typeof it.claims>()
    for (const subject of workloads) {
      await it.converge(subject)
      claims.set(subject.workload, { ...it.claims })
      for (const what of Object.keys(it.claims)) delete it.claims[what]
    }
    const desiredOf = (subject: IamSubject) =>
      iam.desired(subject, { claims: claims.get(subject.workload) ?? {}, credentials: {} })
    return { ...it, desiredOf }
  }

  test('that is healthy is all empty plans, in as many calls as there are pages, without a write', async () => {
    const it = await fleet({ quotas: { rolesPerAccount: 5000 } })
    for (let index = 0; index < 750; index++) {
      const name = { RoleName: `acme-${index}`, Path: '/other/' }
      await it.iam.send(new CreateRoleCommand({ ...name, AssumeRolePolicyDocument: open }))
    }
    it.aws.calls.reset()
    const snapshot = await it.snapshot()
    const plans = workloads.flatMap((subject) => {
      const desired = it.desiredOf(subject)
      return iam.plan(desired, iamBulk.observed(desired, snapshot), 0)
    })
    expect(plans).toEqual([])
    const { iam: roles, eks: associations } = it.aws.calls.snapshot()
    // 1,050 roles; 300 associations in one cluster, none in the other.
    expect({ roles, associations }).toEqual({ roles: { reads: 2, writes: 0 }, associations: { reads: 4, writes: 0 } })
  })

  test('loses nothing at the border of two pages, however short they are', async () => {
    let calls = 0
    const it = await fleet({
      faults: ({ access }) => {
        calls += 1
        return access === 'read' && calls % 3 > 0 ? { kind: 'partial-page', items: calls % 7 } : undefined
      },
    })
    const snapshot = await it.snapshot()
    expect(snapshot.roles.size).toBe(workloads.length)
    expect(snapshot.associations.get('dev-1')?.size).toBe(workloads.length)
  })

  test('keeps what is named as this installation names roles, and nothing of others', async () => {
    const it = await bench()
    await it.converge(wanted)
    for (const name of ['acme-tools', 'acme-dev-policy-admin-quotes', 'fairway-external-secrets', `x${RoleName}`]) {
      await it.iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: open }))
    }
    expect([...(await it.snapshot()).roles.keys()]).toEqual([RoleName])
  })
})

describe('orphans', () => {
  const tags = (system: string, workload: string) =>
    Object.entries({
      'fairway:installation': 'acme',
      'fairway:system': system,
      'fairway:workload': workload,
    }).map(([Key, Value]) => ({ Key, Value }))

  test('are roles with our tag and name that no placement accounts for', async () => {
    const it = await bench()
    await it.converge(wanted)
    const left = roleName('acme', 'prod', 'policy-admin', 'gone')
    await it.make(left, tags('policy-admin', 'gone'))
    await it.make(roleName('acme', 'dev', 'policy-admin', 'untagged'))
    await it.make('acme-tools', tags('policy-admin', 'gone'))
    const accounted = new Set(iamBulk.accounts(it.desired(wanted)))
    const owned = [...iamBulk.owned(await it.snapshot())]
    expect(owned.map(({ id }) => id).toSorted()).toEqual([roleArn(home, RoleName), roleArn(home, left)].toSorted())
    expect(owned.filter(({ id }) => !accounted.has(id))).toEqual([
      { id: roleArn(home, left), what: `IAM role ${left}` },
    ])
  })

  test('are not those of another region’s clusters, which the account holds as well, nor readers', async () => {
    const it = await bench()
    const us = roleName('acme', 'us', 'policy-admin', 'quotes')
    await it.make(us, tags('policy-admin', 'quotes'), trusting('us-east-1'))
    await it.make(readerRoleName('acme', 'dev', 'policy-admin'), tags('policy-admin', 'quotes'))
    expect([...iamBulk.owned(await it.snapshot())]).toEqual([])
  })

  test('of a cluster that is gone are told by the region that they trust', async () => {
    const it = await bench()
    const name = roleName('acme', 'gone', 'policy-admin', 'quotes')
    const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/A'
    const trust = document({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${issuer}` },
    })
    await it.make(name, tags('policy-admin', 'quotes'), trust)
    expect([...iamBulk.owned(await it.snapshot())].map(({ id }) => id)).toEqual([roleArn(home, name)])
  })

  test('are none that a placement which goes, or keeps its claim, still accounts for', async () => {
    const it = await bench()
    await it.converge(wanted)
    expect(iamBulk.accounts(it.desired(retired))).toEqual([roleArn(home, RoleName)])
    await it.converge(retired)
    expect(iamBulk.accounts(it.desired(retired))).toEqual([])
  })
})

type Bench = Awaited<ReturnType<typeof bench>>
type Association = Awaited<ReturnType<Bench['association']>>

function document(content: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...content }] })
}

function trusting(region: string): string {
  return document({
    Action: 'sts:AssumeRole',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Condition: { ArnEquals: { 'aws:SourceArn': `arn:aws:eks:${region}:111111111111:cluster/x-1` } },
  })
}

async function bench(options: Partial<AwsOptions> = {}) {
  const { aws, now } = bulkAws(options)
  await registerCluster(aws, { ...home, name: 'dev-1' })
  await registerCluster(aws, { ...home, name: 'prod-1' })
  await registerPermissionsBoundary(aws, { account: home.account, name: installation.permissionsBoundary })
  const [client, eks] = [aws.outside.iam(), aws.outside.eks()]
  const remote = { iam: aws.iam(), eks: aws.eks() }
  const bulkRemote = () => ({ roles: () => readRoles(remote.iam, installation.name), eks: remote.eks })
  return {
    ...bulkBench(iam, iamBulk, { remote, bulkRemote, now }),
    aws,
    iam: client,
    eks,
    remote,
    bulkRemote,
    deleteRole: async () => {
      await client.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'fairway' }))
      await client.send(new DeleteRoleCommand({ RoleName }))
    },
    association: async () => {
      const { associations = [] } = await eks.send(new ListPodIdentityAssociationsCommand(holder))
      const [found] = associations
      return { clusterName: 'dev-1', associationId: found?.associationId, arn: found?.associationArn }
    },
    otherRole: async () => {
      const Principal = { Service: 'pods.eks.amazonaws.com' }
      const AssumeRolePolicyDocument = document({ Action: ['sts:AssumeRole', 'sts:TagSession'], Principal })
      await client.send(new CreateRoleCommand({ RoleName: 'other', AssumeRolePolicyDocument }))
    },
    make: (
      name: string,
      Tags: { Key: string; Value: string }[] = [],
      AssumeRolePolicyDocument = trusting('eu-west-1'),
    ) => client.send(new CreateRoleCommand({ RoleName: name, Path: '/fairway/', AssumeRolePolicyDocument, Tags })),
  }
}
