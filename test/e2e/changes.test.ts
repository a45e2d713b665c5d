import { DeleteLifecyclePolicyCommand, GetLifecyclePolicyCommand } from '@aws-sdk/client-ecr'
import { ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { roleName } from '../../domain/names.ts'
import { image, manifest, push, startWorld, type World } from '../support/controlplane.ts'

/** What somebody changes by hand in the simulated AWS of a local control plane, which nobody tells it of. */

let world: World
beforeAll(async () => {
  world = await startWorld()
  const statement = 'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::claims-x/*"] }] }'
  await push(world, 'claims-services', { 'fairway.yaml': manifest('one', [statement]) })
  await image(world, 'claims/one')
}, 120_000)
afterAll(async () => world.stop())

it('is put right at once, as with a trail', async () => {
  const { aws, installation } = world.controlPlane
  const RoleName = roleName(installation.name, 'dev', 'claims', 'one')
  const [iam, ecr] = [aws.outside.iam(installation), aws.outside.ecr(installation)]
  const policies = async () => (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames
  const lifecycle = () => ecr.send(new GetLifecyclePolicyCommand({ repositoryName: 'claims/one' }))
  const before = { policies: await policies(), lifecycle: (await lifecycle()).lifecyclePolicyText }
  const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'x', PolicyDocument }))
  await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName: 'claims/one' }))
  expect(await policies()).toContain('x')
  await world.controlPlane.settle()
  expect({ policies: await policies(), lifecycle: (await lifecycle()).lifecyclePolicyText }).toEqual(before)
})
