import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { describe, expect, test } from 'vitest'
import { Conflict, Terminal } from '../../domain/errors.ts'
import { roleName } from '../../domain/names.ts'
import { registerCluster, registerOidcProvider, registerPermissionsBoundary } from '../../local/aws/index.ts'
import { associations, home, roles, testAws } from '../../test/contract/provisioner-aws.ts'
import { provisionerBench } from '../../test/contract/provisioner-bench.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import type { IamSubject } from './index.ts'
import { iam } from './index.ts'

const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF0123456789'
const irsa = clusterNamed('dev', {
  identity: 'irsa',
  aws: { account: home.account, region: home.region, cluster: 'dev-1', oidcProvider: issuer },
})
const statement = { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::quotes-docs/*'] }
const wanted: IamSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
  spec: { aws: { statements: [statement] } },
}
const RoleName = roleName('acme', 'dev', 'policy-admin', 'quotes')
const clusterName = 'dev-1'
const holder = { clusterName, namespace: 'policy-admin', serviceAccount: 'quotes' }

describe('the role', () => {
  test('is trusted for one service account of one namespace of one cluster of one account', async () => {
    const it = await bench()
    await it.converge(wanted)
    expect((await it.role()).trust).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Condition: {
            StringEquals: {
              'aws:SourceAccount': '111111111111',
              'aws:RequestTag/eks-cluster-name': 'dev-1',
              'aws:RequestTag/kubernetes-namespace': 'policy-admin',
              'aws:RequestTag/kubernetes-service-account': 'quotes',
            },
            ArnEquals: { 'aws:SourceArn': 'arn:aws:eks:eu-west-1:111111111111:cluster/dev-1' },
          },
        },
      ],
    })
  })

  test('is trusted for the same subject and audience through OIDC, without an association, where identity is irsa', async () => {
    const it = await bench()
    await it.converge({ ...wanted, cluster: irsa })
    expect((await it.role()).trust).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::111111111111:oidc-provider/${issuer}` },
          Action: ['sts:AssumeRoleWithWebIdentity'],
          Condition: {
            StringEquals: {
              [`${issuer}:aud`]: 'sts.amazonaws.com',
              [`${issuer}:sub`]: 'system:serviceaccount:policy-admin:quotes',
            },
          },
        },
      ],
    })
    expect(await associations(it.aws, clusterName)).toEqual([])
  })

  test('has the boundary, exactly the statements, and every tag', async () => {
    const it = await bench()
    await it.converge(wanted)
    const role = await it.role()
    expect(role.boundary).toBe('arn:aws:iam::111111111111:policy/fairway/fairway-boundary')
    expect(role.inline).toEqual([
      [
        'fairway',
        {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: statement.actions, Resource: statement.resources }],
        },
      ],
    ])
    expect(role.tags.map((tag) => tag.split('=')[0])).toEqual([
      'fairway:cost-centre',
      'fairway:environment',
      'fairway:installation',
      'fairway:spec-hash',
      'fairway:system',
      'fairway:team',
      'fairway:workload',
    ])
  })

  test('that is written in another order is the same role', async () => {
    const it = await bench()
    const [a, b] = ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*']
    const first = { actions: ['s3:GetObject', 's3:PutObject'], resources: [a ?? '', b ?? ''] }
    const turned = { actions: first.actions.toReversed(), resources: first.resources.toReversed() }
    await it.converge({ ...wanted, spec: { aws: { statements: [first, statement] } } })
    expect(await it.plan({ ...wanted, spec: { aws: { statements: [statement, turned] } } })).toEqual([])
  })

  test.each<[string, (it: Bench) => Promise<unknown>]>([
    ['its boundary is gone', ({ iam }) => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))],
    ['its policy is gone', ({ iam }) => iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'fairway' }))],
    [
      'its policy grants more',
      ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'fairway', PolicyDocument: everything })),
    ],
    [
      'another inline policy grants more',
      ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'x', PolicyDocument: everything })),
    ],
    [
      'a managed policy is attached',
      async ({ iam }) => {
        const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: 'x', PolicyDocument: everything }))
        await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy?.Arn }))
      },
    ],
    [
      'everybody in the account may take it',
      ({ iam }) => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: open })),
    ],
    ['a tag is gone', ({ iam }) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['fairway:team'] }))],
    [
      'the association has another role',
      async (it) =>
        it.eks.send(new UpdatePodIdentityAssociationCommand({ ...(await it.association()), roleArn: pods })),
    ],
    [
      'the association hides where the pod is',
      async (it) =>
        it.eks.send(new UpdatePodIdentityAssociationCommand({ ...(await it.association()), disableSessionTags: true })),
    ],
    [
      'the association chains to another role',
      async (it) => it.eks.send(new UpdatePodIdentityAssociationCommand({ ...(await it.association()), ...chained })),
    ],
    [
      'the association is gone',
      async (it) => it.eks.send(new DeletePodIdentityAssociationCommand(await it.association())),
    ],
  ])('is repaired when %s', async (_what, damage) => {
    const it = await bench()
    await it.otherRole()
    await it.converge(wanted)
    const before = await it.inventory()
    await damage(it)
    expect(await it.inventory()).not.toEqual(before)
    await it.converge(wanted)
    expect(await it.inventory()).toEqual(before)
  })

  test('gets its boundary back before its policy: Fairway may not put a policy on an unbounded role', async () => {
    const it = await bench()
    await it.converge(wanted)
    await it.iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))
    await it.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'fairway' }))
    expect((await it.plan(wanted)).map(({ type }) => type)).toEqual(['set-boundary', 'set-policy'])
  })

  test('goes after its association, and after everything that hangs on it', async () => {
    const it = await bench()
    await it.converge(wanted)
    await it.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'x', PolicyDocument: everything }))
    const { spec: _, ...retired } = wanted
    expect((await it.plan(retired)).map(({ type }) => type)).toEqual([
      'delete-association',
      'remove-policy',
      'remove-policy',
      'delete-role',
    ])
    await it.converge(retired)
    expect(await it.inventory()).toEqual([])
    expect(it.claims).toEqual({})
  })

  test('goes when the workload needs AWS no more, and the ServiceAccount stays', async () => {
    const it = await bench()
    await it.converge(wanted)
    await it.converge({ ...wanted, spec: {} })
    expect(await it.inventory()).toEqual([])
    expect(await it.output({ ...wanted, spec: {} })).toEqual({ serviceAccount: 'quotes' })
  })

  test('changes from Pod Identity to IRSA and back without leaving anything behind', async () => {
    const it = await bench()
    await it.converge(wanted)
    const before = await it.inventory()
    await it.converge({ ...wanted, cluster: irsa })
    expect(await associations(it.aws, clusterName)).toEqual([])
    await it.converge(wanted)
    expect(await it.inventory()).toEqual(before)
  })
})

test('a workload that never needed AWS costs no call at all', async () => {
  const it = await bench()
  it.forgetCalls()
  expect(await it.plan({ ...wanted, spec: {} })).toEqual([])
  expect(it.operations()).toEqual([])
})

test('an association that somebody else made for the service account is refused, and the role with it', async () => {
  const it = await bench()
  await it.otherRole()
  await it.eks.send(new CreatePodIdentityAssociationCommand({ ...holder, roleArn: pods }))
  const actions = await it.plan(wanted)
  expect(actions.find(({ type }) => type === 'refuse')).toMatchObject({
    fix: expect.stringContaining('fairway adopt policy-admin/quotes iam/dev/association dev-1/policy-admin/quotes'),
  })
})

describe('what somebody made after planning is left alone, and looked at again', () => {
  test('the role', async () => {
    const it = await bench()
    const actions = await it.plan(wanted)
    const AssumeRolePolicyDocument = document({ Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } })
    await it.iam.send(new CreateRoleCommand({ RoleName, Path: '/fairway/', AssumeRolePolicyDocument }))
    await expect(it.applyAll(actions)).rejects.toBeInstanceOf(Conflict)
    expect((await it.role()).inline).toEqual([])
  })

  test('the association', async () => {
    const it = await bench()
    const actions = await it.plan(wanted)
    await it.otherRole()
    await it.eks.send(new CreatePodIdentityAssociationCommand({ ...holder, roleArn: pods }))
    await expect(it.applyAll(actions)).rejects.toBeInstanceOf(Conflict)
    expect((await associations(it.aws, clusterName))[0]).toContain(pods)
  })
})

describe('what a person has to mend is Terminal, with what to do', () => {
  test('the EKS cluster does not exist', async () => {
    const it = await bench()
    const nowhere = clusterNamed('dev', { aws: { ...wanted.cluster.spec.aws, cluster: 'nowhere' } })
    const error = await it.plan({ ...wanted, cluster: nowhere }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix).toContain('spec.aws')
  })

  test('the permissions boundary does not exist', async () => {
    const it = await bench()
    const error = await it
      .converge({ ...wanted, installation: { ...installation, permissionsBoundary: 'missing' } })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).message).toContain('policy/fairway/missing')
  })

  test('the cluster’s OIDC issuer is not declared', () => {
    const cluster = clusterNamed('dev', { identity: 'irsa' })
    expect(() => iam.desired({ ...wanted, cluster }, { claims: {}, credentials: {} })).toThrow(Terminal)
  })
})

type Bench = Awaited<ReturnType<typeof bench>>

const everything = document({ Action: '*', Resource: '*' })
const open = document({ Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111111111111:root' } })
const pods = 'arn:aws:iam::111111111111:role/other'
const chained = { targetRoleArn: 'arn:aws:iam::222222222222:role/there' }

function document(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] })
}

async function bench() {
  let calls: string[] = []
  const { aws, now } = testAws({}, ({ operation }) => void calls.push(operation))
  await registerCluster(aws, { ...home, name: clusterName })
  await registerPermissionsBoundary(aws, { account: home.account, name: installation.permissionsBoundary })
  await registerOidcProvider(aws, { account: home.account, issuer })
  const outside = { iam: aws.outside.iam(), eks: aws.outside.eks() }
  return {
    ...provisionerBench(iam, { iam: aws.iam(), eks: aws.eks() }, now),
    ...outside,
    aws,
    operations: () => calls,
    forgetCalls: () => void (calls = []),
    inventory: async () => [
      ...(await roles(aws)).filter((line) => line.includes(RoleName)),
      ...(await associations(aws, clusterName)),
    ],
    role: async () => {
      const line = (await roles(aws)).find((one) => one.includes(RoleName)) ?? '{}'
      return JSON.parse(line) as { trust: unknown; boundary: string; inline: unknown; tags: string[] }
    },
    association: async () => {
      const listed = await outside.eks.send(new ListPodIdentityAssociationsCommand(holder))
      return { clusterName, associationId: listed.associations?.[0]?.associationId }
    },
    otherRole: async () => {
      const Principal = { Service: 'pods.eks.amazonaws.com' }
      const AssumeRolePolicyDocument = document({ Action: ['sts:AssumeRole', 'sts:TagSession'], Principal })
      await outside.iam.send(new CreateRoleCommand({ RoleName: 'other', AssumeRolePolicyDocument }))
    },
  }
}
