import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  PutImageTagMutabilityCommand,
} from '@aws-sdk/client-ecr'
import { GetRoleCommand } from '@aws-sdk/client-iam'
import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { CreatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { describe, expect, it } from 'vitest'
import { place, testAws } from './fixture.ts'
import type { CallInfo, Fault } from './index.ts'

const create = (repositoryName: string) => new CreateRepositoryCommand({ repositoryName })
const list = () => new DescribeRepositoriesCommand({})
const association = {
  clusterName: 'dev',
  namespace: 'policy-admin',
  serviceAccount: 'quotes',
  roleArn: `arn:aws:iam::${place.account}:role/quotes`,
}

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
