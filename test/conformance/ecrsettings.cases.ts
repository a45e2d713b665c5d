/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DeleteLifecyclePolicyCommand,
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
import { createRepository, repositoryName } from './fixture.ts'

const ecr = casesOf('ecr')

const arn = `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`

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

const settings = [
  ecr({
    rule: 'mutability can be changed later',
    given: (aws) => createRepository(aws),
    when: (aws) => aws.ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' })),
    expected: (result) => expect(result).toMatchObject({ repositoryName, imageTagMutability: 'IMMUTABLE' }),
  }),
  ecr({
    rule: 'an unknown mutability is refused',
    given: (aws) => createRepository(aws),
    when: (aws) =>
      aws.ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'SOMETIMES' as 'MUTABLE' })),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'scanning can be changed later',
    given: (aws) => createRepository(aws),
    when: async (aws) => {
      const imageScanningConfiguration = { scanOnPush: true }
      await aws.ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }))
      return aws.ecr.send(new DescribeRepositoriesCommand({}))
    },
    expected: ({ repositories: found }) => expect(found?.[0]?.imageScanningConfiguration).toEqual({ scanOnPush: true }),
  }),
  ecr({
    rule: 'tagging replaces values, keeps other keys, and untagging removes only what is named',
    given: (aws) => createRepository(aws),
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
    given: (aws) => createRepository(aws),
    when: async (aws) => {
      await aws.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: expireUntagged }))
      return aws.ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
    },
    expected: ({ lifecyclePolicyText }) =>
      expect(JSON.parse(lifecyclePolicyText ?? '')).toEqual(JSON.parse(expireUntagged)),
  }),
  ecr({
    rule: 'a repository without a lifecycle policy says so',
    given: (aws) => createRepository(aws),
    when: (aws) => aws.ecr.send(new GetLifecyclePolicyCommand({ repositoryName })),
    expected: error('LifecyclePolicyNotFoundException'),
  }),
  ecr({
    rule: 'a lifecycle policy with an unknown action is refused',
    given: (aws) => createRepository(aws),
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
    given: (aws) => createRepository(aws),
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
      await createRepository(aws)
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
    given: (aws) => createRepository(aws),
    when: async (aws) => {
      await aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: pullPolicy }))
      return aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    },
    expected: ({ policyText }) => expect(JSON.parse(policyText ?? '')).toEqual(JSON.parse(pullPolicy)),
  }),
  ecr({
    rule: 'a repository policy is not given back byte for byte',
    moto: 'keeps the bytes; the service prints the document anew, as in the example of https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/ecr/command/GetRepositoryPolicyCommand',
    given: (aws) => createRepository(aws),
    when: (aws) => aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: pullPolicy })),
    expected: ({ policyText }) => expect(policyText).toContain('"Version" : "2012-10-17"'),
  }),
  ecr({
    rule: 'a repository without a policy says so',
    given: (aws) => createRepository(aws),
    when: (aws) => aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName })),
    expected: error('RepositoryPolicyNotFoundException'),
  }),
  ecr({
    rule: 'a repository policy that is not a policy is refused',
    given: (aws) => createRepository(aws),
    when: (aws) => aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: '{"Rules":[]}' })),
    expected: error('InvalidParameterException'),
  }),
  ecr({
    rule: 'a deleted repository policy is gone',
    given: async (aws) => {
      await createRepository(aws)
      await aws.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: pullPolicy }))
    },
    when: async (aws) => {
      await aws.ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }))
      return aws.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))
    },
    expected: error('RepositoryPolicyNotFoundException'),
  }),
]

export const repositorySettingCases = [...settings, ...policies]
