import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { describe, expect, test } from 'vitest'
import { readRoles } from '../../iamroles/index.ts'
import type { TenancySubject } from '../../domain/capability.ts'
import { readerRoleName, roleArn, roleName } from '../../domain/names.ts'
import { registerPermissionsBoundary } from '../../local/aws/index.ts'
import { home } from '../../test/contract/provisioner-aws.ts'
import { bulkAws, bulkBench } from '../../test/contract/provisioner-bulk.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { tenancyBulk } from './bulk.ts'
import { tenancy } from './index.ts'

const wanted: TenancySubject = { installation, system: systemNamed('policy-admin'), cluster: clusterNamed('dev') }
const RoleName = readerRoleName('acme', 'dev', 'policy-admin')
const statement = (content: object) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...content }] })
const open = statement({ Action: 'sts:AssumeRole', Principal: { AWS: 'arn:aws:iam::111111111111:root' } })
const everything = statement({ Action: '*', Resource: '*' })

describe('a system’s reader', () => {
  test('has an empty plan in bulk right after it was made, and when it is gone with its system', async () => {
    const it = await bench()
    await it.converge(wanted)
    expect(await it.compare(wanted)).toMatchObject({ alone: [], inBulk: [], kinds: [] })
    const retired = { ...wanted, retired: true } as const
    const going = await it.compare(retired)
    expect(going.inBulk).toEqual(going.alone)
    expect(going.kinds).toEqual(['due'])
    await it.converge(retired)
    expect(await it.compare(retired)).toMatchObject({ alone: [], inBulk: [] })
  })

  const named = { RoleName, PolicyName: 'fairway' }
  test.each<[string, readonly string[], (it: Bench) => Promise<unknown>]>([
    [
      'is gone',
      ['role-deleted'],
      async ({ iam }) => {
        await iam.send(new DeleteRolePolicyCommand(named))
        await iam.send(new DeleteRoleCommand({ RoleName }))
      },
    ],
    [
      'may read more',
      ['policy-changed'],
      ({ iam }) => iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: everything })),
    ],
    [
      'may do more by another policy',
      ['role-changed'],
      ({ iam }) => iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'x', PolicyDocument: everything })),
    ],
    [
      'is open to everybody',
      ['trust-changed'],
      ({ iam }) => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: open })),
    ],
    [
      'has no boundary',
      ['boundary-changed'],
      ({ iam }) => iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })),
    ],
    [
      'has lost a tag',
      ['role-changed'],
      ({ iam }) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['fairway:team'] })),
    ],
    [
      'has lost our tag',
      ['disowned'],
      ({ iam }) => iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['fairway:installation'] })),
    ],
  ])('that %s is found in pages as it is found alone', async (_what, kinds, damage) => {
    const it = await bench()
    await it.converge(wanted)
    await damage(it)
    const found = await it.compare(wanted)
    expect(found.inBulk).not.toEqual([])
    expect(found.inBulk).toEqual(found.alone)
    expect(found.kinds).toEqual(kinds)
  })

  test('that somebody else made is refused', async () => {
    const it = await bench()
    await it.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: open }))
    const found = await it.compare(wanted)
    expect(found.inBulk).toEqual(found.alone)
    expect(found.kinds).toEqual(['disowned'])
  })
})

test('orphans are readers of systems that nobody declares, and no roles of workloads', async () => {
  const it = await bench()
  await it.converge(wanted)
  const SourceArn = 'arn:aws:eks:eu-west-1:111111111111:cluster/x-1'
  const Condition = { ArnEquals: { 'aws:SourceArn': SourceArn } }
  const here = statement({ Action: 'sts:AssumeRole', Principal: { AWS: '111111111111' }, Condition })
  const make = (name: string, system: string, Path = '/fairway/', trust = open) => {
    const Tags = Object.entries({ 'fairway:installation': 'acme', 'fairway:system': system }).map(([Key, Value]) => ({
      Key,
      Value,
    }))
    return it.iam.send(new CreateRoleCommand({ RoleName: name, Path, AssumeRolePolicyDocument: trust, Tags }))
  }
  const left = readerRoleName('acme', 'prod', 'gone')
  await make(left, 'gone')
  await make(readerRoleName('acme', 'elsewhere', 'gone'), 'gone')
  await make(readerRoleName('acme', 'dev', 'gone'), 'gone', '/')
  await make(roleName('acme', 'dev', 'policy-admin', 'quotes'), 'policy-admin', '/fairway/', here)
  const accounted = new Set(tenancyBulk.accounts(it.desired(wanted)))
  const orphans = [...tenancyBulk.owned(await it.snapshot())].filter(({ id }) => !accounted.has(id))
  expect(orphans).toEqual([{ id: roleArn(home, left), what: `IAM role ${left}` }])
})

type Bench = Awaited<ReturnType<typeof bench>>

async function bench() {
  const { aws, now } = bulkAws()
  await registerPermissionsBoundary(aws, { account: home.account, name: `${installation.permissionsBoundary}-reader` })
  const remote = { iam: aws.iam() }
  const bulkRemote = () => ({ roles: () => readRoles(remote.iam, installation.name) })
  return { ...bulkBench(tenancy, tenancyBulk, { remote, bulkRemote, now }), iam: aws.outside.iam() }
}
