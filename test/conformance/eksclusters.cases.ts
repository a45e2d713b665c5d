/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DescribeClusterCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-eks'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account, region } from './clients.ts'
import { clusterName, createCluster } from './fixture.ts'

const eks = casesOf('eks')

export const clusterCases = [
  eks({
    rule: 'a cluster is described with its ARN and OIDC issuer',
    given: (aws) => createCluster(aws),
    when: (aws) => aws.eks.send(new DescribeClusterCommand({ name: clusterName })),
    expected: ({ cluster }) => {
      expect(cluster).toMatchObject({
        name: clusterName,
        arn: `arn:aws:eks:${region}:${account}:cluster/${clusterName}`,
        status: 'ACTIVE',
      })
      expect(cluster?.identity?.oidc?.issuer).toMatch(/^https:\/\/oidc\.eks\.eu-west-1\.amazonaws\.com\/id\/\w+$/)
    },
  }),
  eks({
    rule: 'a cluster that is not there is not found',
    when: (aws) => aws.eks.send(new DescribeClusterCommand({ name: clusterName })),
    expected: error('ResourceNotFoundException', 404),
  }),
  eks({
    rule: 'a second cluster of the same name is refused',
    given: (aws) => createCluster(aws),
    when: (aws) => createCluster(aws),
    expected: error('ResourceInUseException', 409),
  }),
  eks({
    rule: 'a cluster can be tagged and untagged by ARN',
    given: async (aws) => (await createCluster(aws)).cluster?.arn,
    when: async (aws, resourceArn) => {
      await aws.eks.send(new TagResourceCommand({ resourceArn, tags: { a: '1', b: '2' } }))
      await aws.eks.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }))
      return aws.eks.send(new ListTagsForResourceCommand({ resourceArn }))
    },
    expected: ({ tags }) => expect(tags).toEqual({ b: '2' }),
  }),
]
