import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  DescribeRegistryCommand,
  ListImagesCommand,
} from '@aws-sdk/client-ecr'
import { CreateRoleCommand, DeleteRoleCommand, GetRoleCommand, IAMServiceException } from '@aws-sdk/client-iam'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { place, testAws } from './fixture.ts'
import { pushImage } from './index.ts'
import type { CallRecord } from './index.ts'

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

describe('quotas', () => {
  it('a full account refuses another role, and a deleted one makes room', async () => {
    const { aws } = testAws({ quotas: { rolesPerAccount: 1 } })
    const role = (RoleName: string) =>
      aws.iam().send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
    await role('one')
    await expect(role('two')).rejects.toMatchObject({ name: 'LimitExceededException' })
    await aws.iam().send(new DeleteRoleCommand({ RoleName: 'one' }))
    await expect(role('two')).resolves.toMatchObject({ Role: { RoleName: 'two' } })
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
      kms: none,
      secretsmanager: none,
      sts: { reads: 1, writes: 0 },
      tagging: none,
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
