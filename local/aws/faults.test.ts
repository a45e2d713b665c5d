import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  DescribeRegistryCommand,
  ListImagesCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr'
import { CreateRoleCommand, GetRoleCommand, IAMServiceException } from '@aws-sdk/client-iam'
import { CreateSecretCommand, ListSecretsCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { describe, expect, it } from 'vitest'
import { place, testAws } from './fixture.ts'
import { pushImage, registerCluster } from './index.ts'
import type { CallInfo, CallRecord, Fault } from './index.ts'

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

/** One fault, for the next call of the operation. */
function once(operation: string, fault: Fault) {
  let pending = true
  return (call: CallInfo): Fault | undefined => {
    if (!pending || call.operation !== operation) return undefined
    pending = false
    return fault
  }
}

describe('faults', () => {
  it('an error before leaves nothing done', async () => {
    const { aws } = testAws({ faults: once('CreateRepository', { kind: 'error-before', error: new Error('no') }) })
    await expect(aws.ecr().send(create('quotes'))).rejects.toThrow('no')
    expect((await aws.ecr().send(list())).repositories).toEqual([])
  })

  it('a lost answer is an error of the network although the work is done', async () => {
    const { aws } = testAws({ faults: once('CreateRepository', { kind: 'lost-answer' }) })
    const lost = aws.ecr().send(create('quotes'))
    await expect(lost).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' })
    expect((await aws.ecr().send(list())).repositories).toHaveLength(1)
  })

  it.each([
    ['ecr', 'ThrottlingException', 400],
    ['iam', 'Throttling', 400],
    ['eks', 'ThrottlingException', 429],
    ['secretsmanager', 'ThrottlingException', 400],
    ['sts', 'Throttling', 400],
  ])('throttling is what %s itself answers', async (service, name, status) => {
    const { aws } = testAws({ faults: () => ({ kind: 'throttle' }) })
    const call = {
      ecr: () => aws.ecr().send(list()),
      iam: () => aws.iam().send(new GetRoleCommand({ RoleName: 'quotes' })),
      eks: () => aws.eks().send(new CreatePodIdentityAssociationCommand(association)),
      secretsmanager: () => aws.secretsManager().send(new ListSecretsCommand({})),
      sts: () => aws.sts().send(new GetCallerIdentityCommand({})),
    }[service]
    await expect(call?.()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } })
  })

  it('a delayed call takes time of the simulation’s own clock', async () => {
    const { aws, clock } = testAws({ faults: once('CreateRepository', { kind: 'delay', ms: 5000 }) })
    const start = clock.now()
    const { repository } = await aws.ecr().send(create('quotes'))
    expect(Number(repository?.createdAt) - start).toBe(5000)
  })

  it('a stale read does not see the last write', async () => {
    const { aws } = testAws({ faults: once('DescribeRepositories', { kind: 'stale' }) })
    await aws.ecr().send(create('one'))
    await aws.ecr().send(create('two'))
    const names = async () => (await aws.ecr().send(list())).repositories?.map((found) => found.repositoryName)
    expect(await names()).toEqual(['one'])
    expect(await names()).toEqual(['one', 'two'])
  })

  it('a stale read sees a record as it was before its last change, however long ago that one was made', async () => {
    const { aws, clock } = testAws({ faults: once('DescribeRepositories', { kind: 'stale' }) })
    await aws.ecr().send(create('one'))
    clock.advance(600_000)
    const change = { repositoryName: 'one', imageTagMutability: 'IMMUTABLE' as const }
    await aws.ecr().send(new PutImageTagMutabilityCommand(change))
    const read = async () => (await aws.ecr().send(list())).repositories?.map((found) => found.imageTagMutability)
    expect(await read()).toEqual(['MUTABLE'])
    expect(await read()).toEqual(['IMMUTABLE'])
  })

  it('a stale read can look back by time, deletions included', async () => {
    const { aws, clock } = testAws({ faults: once('DescribeRepositories', { kind: 'stale', ms: 60_000 }) })
    await aws.ecr().send(create('one'))
    clock.advance(90_000)
    await aws.ecr().send(create('two'))
    await aws.ecr().send(new DeleteRepositoryCommand({ repositoryName: 'one' }))
    clock.advance(30_000)
    const stale = await aws.ecr().send(list())
    expect(stale.repositories?.map((found) => found.repositoryName)).toEqual(['one'])
  })

  it('a partial page has a token that leads to the rest, also when it is empty', async () => {
    const partial: Fault[] = [{ kind: 'partial-page' }, { kind: 'partial-page', items: 0 }]
    const { aws } = testAws({
      faults: (call) => (call.operation === 'DescribeRepositories' ? partial.shift() : undefined),
    })
    for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await aws.ecr().send(create(name))
    const pages: number[] = []
    const names: (string | undefined)[] = []
    let nextToken: string | undefined
    do {
      const page = await aws.ecr().send(new DescribeRepositoriesCommand({ nextToken }))
      pages.push(page.repositories?.length ?? 0)
      names.push(...(page.repositories ?? []).map((found) => found.repositoryName))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(pages).toEqual([2, 0, 3])
    expect(names).toEqual(['aa', 'bb', 'cc', 'dd', 'ee'])
  })

  it('an aborted call is not made', async () => {
    const { aws } = testAws()
    const aborted = aws.ecr().send(create('quotes'), { abortSignal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    expect((await aws.ecr().send(list())).repositories).toEqual([])
  })
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

describe('what is counted and told', () => {
  it('reads and writes are counted by service, failed ones included', async () => {
    const { aws } = testAws()
    await aws.ecr().send(create('quotes'))
    await aws
      .ecr()
      .send(create('quotes'))
      .catch(() => undefined)
    await aws.ecr().send(list())
    await aws.sts().send(new GetCallerIdentityCommand({}))
    const none = { reads: 0, writes: 0 }
    expect(aws.calls.snapshot()).toEqual({
      ecr: { reads: 1, writes: 2 },
      iam: none,
      eks: none,
      secretsmanager: none,
      sts: { reads: 1, writes: 0 },
    })
    aws.calls.reset()
    expect(aws.calls.snapshot().ecr).toEqual(none)
  })

  it('what others do is neither counted nor told nor disturbed', async () => {
    const records: CallRecord[] = []
    const { aws } = testAws({ onCall: (record) => records.push(record), faults: () => ({ kind: 'throttle' }) })
    await aws.outside.ecr().send(create('quotes'))
    await pushImage(aws, { ...place, repository: 'quotes', tag: 'main-1', content: 'one' })
    expect(records).toEqual([])
    expect(aws.calls.snapshot().ecr).toEqual({ reads: 0, writes: 0 })
  })

  it('every call is told with its outcome', async () => {
    const records: CallRecord[] = []
    const { aws, clock } = testAws({ onCall: (record) => records.push(record) })
    await aws
      .ecr()
      .send(new ListImagesCommand({ repositoryName: 'quotes' }))
      .catch(() => undefined)
    expect(records).toEqual([
      {
        ...place,
        service: 'ecr',
        operation: 'ListImages',
        access: 'read',
        input: { repositoryName: 'quotes' },
        at: clock.now(),
        outcome: 'RepositoryNotFoundException',
      },
    ])
  })

  it('no secret value is in what is told, what faults see, or what is thrown', async () => {
    const seen: unknown[] = []
    const { aws } = testAws({
      onCall: (record) => seen.push(record),
      faults: (call) => {
        seen.push(call)
        return undefined
      },
    })
    const client = aws.secretsManager()
    const SecretBinary = Buffer.from('hunter2')
    await client.send(new CreateSecretCommand({ Name: 'one', SecretString: 'hunter2' }))
    await client.send(new CreateSecretCommand({ Name: 'two', SecretBinary }))
    const token = 'a'.repeat(32)
    await client.send(
      new PutSecretValueCommand({ SecretId: 'one', SecretString: 'hunter2', ClientRequestToken: token }),
    )
    const refused = [
      client.send(new CreateSecretCommand({ Name: 'one', SecretString: 'hunter2' })),
      client.send(new PutSecretValueCommand({ SecretId: 'one', SecretString: 'hunter2'.repeat(10_000) })),
      client.send(new PutSecretValueCommand({ SecretId: 'one', SecretString: 'hunter2', SecretBinary })),
      client.send(new PutSecretValueCommand({ SecretId: 'one', SecretString: 'hunter2+', ClientRequestToken: token })),
    ]
    for (const outcome of await Promise.allSettled(refused)) {
      expect(outcome.status).toBe('rejected')
      const error = (outcome as PromiseRejectedResult).reason as Error
      seen.push([error.message, Object.entries(error)])
    }
    expect(JSON.stringify(seen)).not.toMatch(/hunter2|aHVudGVyMg/)
    expect(JSON.stringify(seen)).not.toContain(JSON.stringify([...SecretBinary]).slice(1, -1))
  })
})

describe('a client', () => {
  it('names the command that is not simulated', async () => {
    const { aws } = testAws()
    const send = aws.ecr().send(new DescribeRegistryCommand({}))
    await expect(send).rejects.toThrow('the simulated AWS has no ecr:DescribeRegistry (DescribeRegistryCommand)')
  })

  it('throws the SDK’s own exceptions', async () => {
    const { aws } = testAws()
    const error: unknown = await aws
      .iam()
      .send(new GetRoleCommand({ RoleName: 'x' }))
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(IAMServiceException)
    expect(error).toMatchObject({ $fault: 'client', $metadata: { httpStatusCode: 404 } })
  })

  it('is not changed by what its caller does with inputs and answers afterwards', async () => {
    const { aws } = testAws()
    const filter = { filterType: 'WILDCARD' as const, filter: 'dev-*' }
    const made = await aws.ecr().send(
      new CreateRepositoryCommand({
        repositoryName: 'quotes',
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: [filter],
      }),
    )
    filter.filter = '*'
    if (made.repository?.encryptionConfiguration) made.repository.encryptionConfiguration.encryptionType = 'KMS'
    const { repositories } = await aws.ecr().send(list())
    expect(repositories?.[0]).toMatchObject({
      imageTagMutabilityExclusionFilters: [{ filter: 'dev-*' }],
      encryptionConfiguration: { encryptionType: 'AES256' },
    })
  })
})
