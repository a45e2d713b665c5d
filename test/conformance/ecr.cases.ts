/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  ListTagsForResourceCommand,
} from '@aws-sdk/client-ecr'
import { expect } from 'vitest'
import { casesOf, error, sorted } from './cases.ts'
import { account, region } from './clients.ts'
import { createRepository, repositoryName } from './fixture.ts'

const ecr = casesOf('ecr')

const arn = `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`

const nameRule = 'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html'

export const repositoryCases = [
  ecr({
    rule: 'a new repository has the documented defaults',
    when: (aws) => createRepository(aws),
    expected: ({ repository }) => {
      expect(repository).toMatchObject({
        repositoryArn: arn,
        registryId: account,
        repositoryName,
        repositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}`,
        imageTagMutability: 'MUTABLE',
        imageScanningConfiguration: { scanOnPush: false },
        encryptionConfiguration: { encryptionType: 'AES256' },
      })
      expect(repository?.createdAt).toBeInstanceOf(Date)
    },
  }),
  ecr({
    rule: 'mutability, scanning, encryption and tags are kept as given',
    when: (aws) =>
      aws.ecr.send(
        new CreateRepositoryCommand({
          repositoryName,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfiguration: { encryptionType: 'KMS', kmsKey: `arn:aws:kms:${region}:${account}:key/1` },
          tags: [{ Key: 'team', Value: 'quotes' }],
        }),
      ),
    expected: async (_result, _given, aws) => {
      const { repositories: found } = await aws.ecr.send(
        new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
      )
      expect(found).toMatchObject([
        {
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfiguration: { encryptionType: 'KMS', kmsKey: `arn:aws:kms:${region}:${account}:key/1` },
        },
      ])
      const { tags } = await aws.ecr.send(new ListTagsForResourceCommand({ resourceArn: arn }))
      expect(tags).toEqual([{ Key: 'team', Value: 'quotes' }])
    },
  }),
  ecr({
    rule: 'a second repository of the same name is refused',
    given: (aws) => createRepository(aws),
    when: (aws) => createRepository(aws),
    expected: error('RepositoryAlreadyExistsException'),
  }),
  ecr({
    rule: 'a name with upper case is refused',
    when: (aws) => createRepository(aws, 'Quotes'),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a name of one character is refused',
    moto: `has no minimum; ${nameRule} has two characters`,
    when: (aws) => createRepository(aws, 'q'),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'more than 50 tags are refused',
    moto: 'checks only TagResource; https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html has TooManyTagsException',
    when: (aws) =>
      aws.ecr.send(
        new CreateRepositoryCommand({
          repositoryName,
          tags: Array.from({ length: 51 }, (_, index) => ({ Key: `key-${index}`, Value: '' })),
        }),
      ),
    expected: error('TooManyTagsException'),
  }),
  ecr({
    rule: 'describing a repository that is not there is an error that names it',
    when: (aws) => aws.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['absent'] })),
    expected: error('RepositoryNotFoundException'),
  }),
  ecr({
    rule: 'an empty registry is an empty list',
    when: (aws) => aws.ecr.send(new DescribeRepositoriesCommand({})),
    expected: ({ repositories: found, nextToken }) => {
      expect(found).toEqual([])
      expect(nextToken).toBeUndefined()
    },
  }),
  ecr({
    rule: 'repositories come in pages, every one once',
    moto: 'answers everything on one page; https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html has maxResults',
    given: async (aws) => {
      for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await createRepository(aws, name)
    },
    when: async (aws) => {
      const names: (string | undefined)[][] = []
      let nextToken: string | undefined
      do {
        const answer = await aws.ecr.send(new DescribeRepositoriesCommand({ maxResults: 2, nextToken }))
        names.push((answer.repositories ?? []).map((repository) => repository.repositoryName))
        nextToken = answer.nextToken
      } while (nextToken !== undefined)
      return names
    },
    expected: (pages) => {
      expect(pages.map((names) => names.length)).toEqual([2, 2, 1])
      expect(sorted(pages.flat())).toEqual(['aa', 'bb', 'cc', 'dd', 'ee'])
    },
  }),
  ecr({
    rule: 'a page of more than 1,000 repositories cannot be asked for',
    moto: 'ignores maxResults; https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html has the range',
    when: (aws) => aws.ecr.send(new DescribeRepositoriesCommand({ maxResults: 1001 })),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a deleted repository is gone',
    given: (aws) => createRepository(aws),
    when: async (aws) => {
      await aws.ecr.send(new DeleteRepositoryCommand({ repositoryName }))
      return aws.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }))
    },
    expected: error('RepositoryNotFoundException'),
  }),
  ecr({
    rule: 'deleting a repository that is not there is an error',
    when: (aws) => aws.ecr.send(new DeleteRepositoryCommand({ repositoryName })),
    expected: error('RepositoryNotFoundException'),
  }),
]
