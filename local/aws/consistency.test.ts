import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  PutImageTagMutabilityCommand,
  TagResourceCommand,
} from '@aws-sdk/client-ecr'
import { CreateRoleCommand, GetRoleCommand } from '@aws-sdk/client-iam'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { CreateSecretCommand, ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import { CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { describe, expect, it } from 'vitest'
import { place, testAws } from './fixture.ts'
import { registerCluster } from './index.ts'

const create = (repositoryName: string) => new CreateRepositoryCommand({ repositoryName })
const list = () => new DescribeRepositoriesCommand({})
const trust = JSON.stringify({
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
})
const association = {
  clusterName: 'dev',
  namespace: 'policy-admin',
  serviceAccount: 'quotes',
  roleArn: `arn:aws:iam::${place.account}:role/quotes`,
}

describe('eventual consistency', () => {
  it('a read that lags sees what was before, and later what is', async () => {
    const { aws, clock } = testAws({ readLag: { iam: 3000 } })
    await aws.iam().send(new CreateRoleCommand({ RoleName: 'quotes', AssumeRolePolicyDocument: trust }))
    const read = () => aws.iam().send(new GetRoleCommand({ RoleName: 'quotes' }))
    await expect(read()).rejects.toMatchObject({ name: 'NoSuchEntityException' })
    clock.advance(3000)
    await expect(read()).resolves.toMatchObject({ Role: { RoleName: 'quotes' } })
  })

  it('a read that lags sees what a record was between two changes', async () => {
    const { aws, clock } = testAws({ readLag: { ecr: 3000 } })
    const set = (imageTagMutability: 'MUTABLE' | 'IMMUTABLE') =>
      aws.ecr().send(new PutImageTagMutabilityCommand({ repositoryName: 'one', imageTagMutability }))
    await aws.ecr().send(create('one'))
    clock.advance(1000)
    await set('IMMUTABLE')
    clock.advance(1000)
    await set('MUTABLE')
    clock.advance(2000)
    const { repositories } = await aws.ecr().send(list())
    expect(repositories?.map((found) => found.imageTagMutability)).toEqual(['IMMUTABLE'])
    clock.advance(1000)
    const later = await aws.ecr().send(list())
    expect(later.repositories?.map((found) => found.imageTagMutability)).toEqual(['MUTABLE'])
  })

  it('the tagging API hears of tags later than the service that holds them, or not in the answer that is stale', async () => {
    let stale = false
    const { aws, clock } = testAws({
      readLag: { tagging: 60_000 },
      faults: ({ service }) => (stale && service === 'tagging' ? { kind: 'stale' } : undefined),
    })
    const tagged = async () => {
      const found = await aws.tagging().send(new GetResourcesCommand({ TagFilters: [{ Key: 'team' }] }))
      return found.ResourceTagMappingList?.map(({ Tags }) => Tags?.[0]?.Value)
    }
    const { repository } = await aws.ecr().send(create('one'))
    const tag = (Value: string) =>
      aws.ecr().send(new TagResourceCommand({ resourceArn: repository?.repositoryArn, tags: [{ Key: 'team', Value }] }))
    await tag('quotes')
    expect(await tagged()).toEqual([])
    clock.advance(60_000)
    expect(await tagged()).toEqual(['quotes'])
    await tag('claims')
    expect(await tagged()).toEqual(['quotes'])
    clock.advance(60_000)
    expect(await tagged()).toEqual(['claims'])
    stale = true
    expect(await tagged()).toEqual(['quotes'])
  })

  it('writes do not lag: a second creation is refused at once', async () => {
    const { aws } = testAws({ readLag: { iam: 3000 } })
    const command = new CreateRoleCommand({ RoleName: 'quotes', AssumeRolePolicyDocument: trust })
    await aws.iam().send(command)
    await expect(aws.iam().send(command)).rejects.toMatchObject({ name: 'EntityAlreadyExistsException' })
  })

  it('can be given to single operations', async () => {
    const { aws, clock } = testAws({ readLag: { secretsmanager: { ListSecrets: 300_000 } } })
    await aws.secretsManager().send(new CreateSecretCommand({ Name: 'one', SecretString: 'one' }))
    const names = async () => (await aws.secretsManager().send(new ListSecretsCommand({}))).SecretList?.length
    expect(await names()).toBe(0)
    clock.advance(300_000)
    expect(await names()).toBe(1)
  })

  it('EKS does not find a role that IAM does not show yet', async () => {
    const { aws, clock } = testAws({ readLag: { iam: 3000 } })
    await registerCluster(aws, { ...place, name: 'dev' })
    await aws.iam().send(new CreateRoleCommand({ RoleName: 'quotes', AssumeRolePolicyDocument: trust }))
    const associate = () => aws.eks().send(new CreatePodIdentityAssociationCommand(association))
    await expect(associate()).rejects.toThrow('Role provided in the request does not exist')
    clock.advance(3000)
    await expect(associate()).resolves.toMatchObject({ association: { serviceAccount: 'quotes' } })
  })
})
