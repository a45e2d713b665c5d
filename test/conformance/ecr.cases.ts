/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DeleteRepositoryPolicyCommand,
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account, region } from './clients.ts'
import type { Clients } from './clients.ts'

const ecr = casesOf('ecr')
const repositoryName = 'policy-admin/quotes'
const arn = `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`

const create = (aws: Clients, name = repositoryName) =>
  aws.ecr.send(new CreateRepositoryCommand({ repositoryName: name }))

const expireUntagged = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: 'expire what has no tag any more',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      action: { type: 'expire' },
    },
  ],
})

const pullPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'pull',
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::210987654321:root' },
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    },
  ],
})

const nameRule = 'https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html'

const repositories = [
  ecr({
    rule: 'a new repository has the documented defaults',
    when: (aws) => create(aws),
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
    given: (aws) => create(aws),
    when: (aws) => create(aws),
    expected: error('RepositoryAlreadyExistsException'),
  }),
  ecr({
    rule: 'a name with upper case is refused',
    when: (aws) => create(aws, 'Quotes'),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a name of one character is refused',
    moto: `has no minimum; ${nameRule} has two characters`,
    when: (aws) => create(aws, 'q'),
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
      for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await create(aws, name)
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
      expect(pages.flat().toSorted()).toEqual(['aa', 'bb', 'cc', 'dd', 'ee'])
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
    given: (aws) => create(aws),
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

const settings = [
  ecr({
    rule: 'mutability can be changed later',
    given: (aws) => create(aws),
    when: (aws) => aws.ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' })),
    expected: (result) => expect(result).toMatchObject({ repositoryName, imageTagMutability: 'IMMUTABLE' }),
  }),
  ecr({
    rule: 'an unknown mutability is refused',
    given: (aws) => create(aws),
    when: (aws) =>
      aws.ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'SOMETIMES' as 'MUTABLE' })),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'scanning can be changed later',
    given: (aws) => create(aws),
    when: async (aws) => {
      const imageScanningConfiguration = { scanOnPush: true }
      await aws.ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }))
      return aws.ecr.send(new DescribeRepositoriesCommand({}))
    },
    expected: ({ repositories: found }) => expect(found?.[0]?.imageScanningConfiguration).toEqual({ scanOnPush: true }),
  }),
  ecr({
    rule: 'tagging replaces values, keeps other keys, and untagging removes only what is named',
    given: (aws) => create(aws),
    when: async (aws) => {
      const tag = (Key: string, Value: string) =>
        aws.ecr.send(new TagResourceCommand({ resourceArn: arn, tags: [{ Key, Value }] }))
      await tag('a', '1')
      await tag('b', '1')
      await tag('a', '2')
      await tag('c', '1')
      await aws.ecr.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ['b', 'unknown'] }))
      return aws.ecr.send(new ListTagsForResourceCommand({ resourceArn: arn }))
    },
    expected: ({ tags }) =>
      expect(tags).toEqual([
        { Key: 'a', Value: '2' },
        { Key: 'c', Value: '1' },
      ]),
  }),
  ecr({
    rule: 'tags of a repository that is not there cannot be listed',
    when: (aws) => aws.ecr.send(new ListTagsForResourceCommand({ resourceArn: arn })),
    expected: error('RepositoryNotFoundException'),
  }),
]

const policies = [
  ecr({
    rule: 'a lifecycle policy is given back with the same meaning',
    given: (aws) => create(aws),
    when: async (aws) => {
      await aws.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: expireUntagged }))
      return aws.ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
    },
    expected: ({ lifecyclePolicyText }) =>
      expect(JSON.parse(lifecyclePolicyText ?? '')).toEqual(JSON.parse(expireUntagged)),
  }),
  ecr({
    rule: 'a repository without a lifecycle policy says so',
    given: (aws) => create(aws),
    when: (aws) => aws.ecr.send(new GetLifecyclePolicyCommand({ repositoryName })),
    expected: error('LifecyclePolicyNotFoundException'),
  }),
  ecr({
    rule: 'a lifecycle policy with an unknown action is refused',
    given: (aws) => create(aws),
    when: (aws) =>
      aws.ecr.send(
        new PutLifecyclePolicyCommand({
          repositoryName,
          lifecyclePolicyText: expireUntagged.replace('"expire"}', '"delete"}'),
        }),
      ),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a lifecycle policy of fewer than 100 characters is refused',
    given: (aws) => create(aws),
    when: (aws) =>
      aws.ecr.send(
        new PutLifecyclePolicyCommand({
          repositoryName,
          lifecyclePolicyText:
            '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any"},"action":{"type":"expire"}}]}',
        }),
      ),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a deleted lifecycle policy is gone',
    given: async (aws) => {
      await create(aws)
      await aws.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: expireUntagged }))
    },
    when: async (aws) => {
      await aws.ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))
      return aws.ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))
    },
    expected: error('LifecyclePolicyNotFoundException'),
  }),
  ecr({
    rule: 'a repository policy is given back with the same meaning',
    given: (aws) => create(aws),
    when: async (aws) => {
      await aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: pullPolicy }))
      return aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    },
    expected: ({ policyText }) => expect(JSON.parse(policyText ?? '')).toEqual(JSON.parse(pullPolicy)),
  }),
  ecr({
    rule: 'a repository policy is not given back byte for byte',
    moto: 'keeps the bytes; the service prints the document anew, as in the example of https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/ecr/command/GetRepositoryPolicyCommand',
    given: (aws) => create(aws),
    when: (aws) => aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: pullPolicy })),
    expected: ({ policyText }) => expect(policyText).toContain('"Version" : "2012-10-17"'),
  }),
  ecr({
    rule: 'a repository without a policy says so',
    given: (aws) => create(aws),
    when: (aws) => aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName })),
    expected: error('RepositoryPolicyNotFoundException'),
  }),
  ecr({
    rule: 'a repository policy that is not a policy is refused',
    given: (aws) => create(aws),
    when: (aws) => aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: '{"Rules":[]}' })),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a deleted repository policy is gone',
    given: async (aws) => {
      await create(aws)
      await aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: pullPolicy }))
    },
    when: async (aws) => {
      await aws.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }))
      return aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    },
    expected: error('RepositoryPolicyNotFoundException'),
  }),
]

export const ecrCases = [...repositories, ...settings, ...policies]
