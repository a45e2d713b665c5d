import { CreateAddonCommand, CreateClusterCommand, DeleteAddonCommand } from '@aws-sdk/client-eks'
import { CreatePolicyCommand, DeletePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { describe, expect, it } from 'vitest'
import { accountChecks } from '../../flow/doctor/accounts.ts'
import { CreateKeyCommand, DisableKeyCommand } from '../../local/aws/kms/commands.ts'
import { manifest } from '../support/controlplane.ts'
import { bad, controller, declare, dev, found, installed, issuer, prod } from '../support/doctorworld.ts'
import type { MemoryWorld } from '../support/memoryworld.ts'

/** The doctor on a world that is broken in one place at a time: accounts, clusters, and what is managed there. */

describe('accounts', () => {
  it('a boundary that was removed is failed, and the stack that makes it is named', async () => {
    const world = await installed()
    const PolicyArn = `arn:aws:iam::${prod.account}:policy/fairway/fairway-boundary`
    await world.aws.outside.iam(prod).send(new DeletePolicyCommand({ PolicyArn }))
    expect(await found(world, `boundary/${prod.account}/fairway-boundary`)).toMatchObject({
      result: 'failed',
      message: expect.stringContaining(PolicyArn),
      fix: expect.stringContaining(`MemberAccount in account ${prod.account}`),
    })
    expect(Object.keys(await bad(world))).toEqual([`boundary/${prod.account}/fairway-boundary`])
  })

  it('a boundary of another account is none of this one', async () => {
    const world = await installed()
    const PolicyArn = `arn:aws:iam::${dev.account}:policy/fairway/fairway-boundary-reader`
    await world.aws.outside.iam(dev).send(new DeletePolicyCommand({ PolicyArn }))
    const PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    await world.aws.outside
      .iam(dev)
      .send(new CreatePolicyCommand({ PolicyName: 'fairway-boundary-reader', PolicyDocument }))
    expect(Object.keys(await bad(world))).toEqual([`boundary/${dev.account}/fairway-boundary-reader`])
  })

  it('roles near their quota are a warning, and at it a failure', async () => {
    const nearly = await installed()
    const roles = (used: number) => async () => ({ used, quota: 1000 })
    const installation = nearly.core.installation
    const spec = (await nearly.store.get({ kind: 'Cluster', name: 'dev' }))?.spec
    const result = async (used: number) => {
      const account = async () => ({ roles: roles(used) }) as never
      const checks = accountChecks({ account, installation }, [{ name: 'dev', spec: spec as never }])
      return (await checks.find(({ id }) => id.startsWith('quota/'))?.run())?.result
    }
    expect([await result(799), await result(800), await result(1000)]).toEqual(['ok', 'warning', 'failed'])
  })
})

describe('clusters', () => {
  it('without the Pod Identity agent no pod gets its role, and the command that adds it is given', async () => {
    const world = await installed()
    const input = { clusterName: 'apps-dev', addonName: 'eks-pod-identity-agent' }
    await world.aws.outside.eks(dev).send(new DeleteAddonCommand(input))
    expect(await found(world, 'identity/dev')).toMatchObject({
      result: 'failed',
      fix: expect.stringContaining(
        'aws eks create-addon --cluster-name apps-dev --addon-name eks-pod-identity-agent --region eu-west-1',
      ),
    })
    await world.aws.outside.eks(dev).send(new CreateAddonCommand(input))
    expect(await bad(world)).toEqual({})
  })

  it('EKS Auto Mode brings the agent', async () => {
    const world = await installed()
    const command = new CreateClusterCommand({
      name: 'auto',
      roleArn: `arn:aws:iam::${dev.account}:role/eks`,
      resourcesVpcConfig: {},
      computeConfig: { enabled: true },
    })
    await world.aws.outside.eks(dev).send(command)
    await declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, aws: { ...dev, cluster: 'auto' } }))
    expect(await found(world, 'identity/dev')).toMatchObject({ result: 'ok', message: expect.stringContaining('Auto') })
  })

  it('an EKS cluster that is not there is failed', async () => {
    const world = await installed()
    await declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, aws: { ...dev, cluster: 'elsewhere' } }))
    expect(await found(world, 'eks/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('elsewhere'),
      fix: expect.stringContaining('Cluster dev'),
    })
  })

  it('with IRSA the issuer of the Cluster must be that of the cluster', async () => {
    const world = await installed()
    const other = `${issuer.slice(0, -1)}1`
    await declare(world, 'Cluster', 'prod', (spec) => ({
      ...spec,
      aws: { ...prod, cluster: 'apps-prod', oidcProvider: other },
    }))
    expect(await found(world, 'identity/prod')).toMatchObject({
      result: 'failed',
      message: `the cluster’s issuer is ${issuer}, and the Cluster says ${other}`,
      fix: expect.stringContaining('spec.aws.oidcProvider'),
    })
  })

  it('the key of secrets: missing, of another region, and disabled are three failures', async () => {
    const world = await installed()
    const { KeyMetadata } = await world.aws.outside.kms(dev).send(new CreateKeyCommand())
    const arn = KeyMetadata?.Arn ?? ''
    const name = (secretsKey: string) =>
      declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, aws: { ...dev, cluster: 'apps-dev', secretsKey } }))
    await name(arn)
    expect(await found(world, 'key/dev')).toMatchObject({ result: 'ok' })
    await world.aws.outside.kms(dev).send(new DisableKeyCommand({ KeyId: arn }))
    expect(await found(world, 'key/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('Disabled'),
      fix: `aws kms enable-key --key-id ${arn} --region eu-west-1`,
    })
    await name(arn.replace('eu-west-1', 'eu-west-2'))
    expect((await found(world, 'key/dev')).message).toMatch(/its own region/)
    await name(`${arn.slice(0, -4)}0000`)
    expect((await found(world, 'key/dev')).message).toMatch(/no such key/)
  })
})

describe('the External Secrets controller', () => {
  const trust = (world: MemoryWorld, place: typeof dev, statement: object) =>
    world.aws.outside.iam(place).send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: controller.name,
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }),
      }),
    )
  const pods = { Principal: { Service: 'pods.eks.amazonaws.com' }, Action: ['sts:AssumeRole', 'sts:TagSession'] }
  const federated = {
    Principal: { Federated: `arn:aws:iam::${prod.account}:oidc-provider/${issuer}` },
    Action: 'sts:AssumeRoleWithWebIdentity',
  }

  it.each([
    ['another service', { Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }, /pods\.eks/],
    ['no session tags', { ...pods, Action: 'sts:AssumeRole' }, /tag the session/],
    [
      'another cluster',
      { ...pods, Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:eks:eu-west-1:100000000001:cluster/other' } } },
      /aws:SourceArn/,
    ],
  ])('with Pod Identity: a role that trusts %s is failed', async (_what, statement, message) => {
    const world = await installed()
    await trust(world, dev, statement)
    expect(await found(world, 'external-secrets/dev')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(message),
      fix: expect.stringContaining('fairway bootstrap cluster dev'),
    })
  })

  it.each([
    [
      'another issuer',
      { ...federated, Principal: { Federated: 'arn:aws:iam::200000000002:oidc-provider/x' } },
      /issuer/,
    ],
    [
      'another service account',
      { ...federated, Condition: { StringLike: { [`${issuer}:sub`]: 'system:serviceaccount:other:*' } } },
      /:sub/,
    ],
  ])('with IRSA: a role that trusts %s is failed', async (_what, statement, message) => {
    const world = await installed()
    await trust(world, prod, statement)
    expect(await found(world, 'external-secrets/prod')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(message),
    })
  })

  it('one whose service account has no role is failed, and the command that gives it one is given', async () => {
    const world = await installed()
    await declare(world, 'Cluster', 'dev', (spec) => ({ ...spec, externalSecrets: { namespace: 'eso' } }))
    expect(await found(world, 'external-secrets/dev')).toMatchObject({
      result: 'failed',
      message: 'no role is associated with eso/external-secrets',
      fix: expect.stringContaining('aws eks create-pod-identity-association --cluster-name apps-dev --namespace eso'),
    })
  })
})

describe('resources', () => {
  it('a source with problems is failed, and one that waits for a go a warning', async () => {
    const world = await installed()
    await world.push('claims-services', { 'fairway.yaml': 'kind: [Workload' })
    expect(await found(world, 'resources/sources')).toMatchObject({
      result: 'failed',
      message: 'claims-services has 1 problem',
    })
    const two = { 'one.yaml': '', '.fairway/one.yaml': manifest('one'), '.fairway/two.yaml': manifest('two') }
    await world.push('claims-services', two)
    await world.push('claims-services', { 'fairway.yaml': '' })
    expect(await found(world, 'resources/sources')).toMatchObject({
      result: 'warning',
      message: 'claims-services waits for a go for 2 removals',
    })
  })

  it('a workload that failed is reported when that lasts, and one that waits for its image after a day', async () => {
    const world = await installed()
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    expect(await found(world, 'resources/waiting')).toMatchObject({ result: 'ok' })
    world.clock.advance(25 * 3_600_000)
    expect(await found(world, 'resources/waiting')).toMatchObject({
      result: 'warning',
      message: 'claims/one is AwaitingImage',
    })
    world.provider.faults.unreachable = true
    await world.push('claims-services', { 'fairway.yaml': manifest('one', ['nats: { publish: [claims.x] }']) })
    expect(await found(world, 'resources/unsettled')).toMatchObject({ result: 'ok' })
    world.clock.advance(31 * 60_000)
    expect(await found(world, 'resources/unsettled')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(/^Workload claims\/one is Failed for 3\d minutes$/),
      fix: expect.stringContaining('fairway status'),
    })
  })

  it('a lease that ran out long ago says that the sweep does not run', async () => {
    const world = await installed()
    await world.push('claims-services', { 'fairway.yaml': manifest('one') })
    await world.store.leases.acquire({ kind: 'Workload', name: 'claims/one' }, 'an execution that died')
    expect(await found(world, 'resources/overdue')).toMatchObject({ result: 'ok' })
    world.clock.advance(21 * 60_000)
    expect(await found(world, 'resources/overdue')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('Workload claims/one'),
      fix: expect.stringContaining('sweep'),
    })
  })
})
