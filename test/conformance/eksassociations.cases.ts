/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  ListPodIdentityAssociationsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import { expect } from 'vitest'
import { casesOf, error, sorted } from './cases.ts'
import { account, region } from './clients.ts'
import { associate, clusterAndRole, clusterName, createCluster, createRole, roleArn } from './fixture.ts'

const eks = casesOf('eks')

const moto =
  'has no Pod Identity; https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html'

const token = '7d1f6f0e-2f55-4f0c-9a43-7a8d4c8f5b10'

const creating = [
  eks({
    rule: 'an association is described with everything it was made of',
    moto,
    given: clusterAndRole,
    when: (aws) => associate(aws, { tags: { team: 'quotes' } }),
    expected: async (made, _given, aws) => {
      expect(made?.associationId).toMatch(/^a-[a-z0-9]{17}$/)
      expect(made?.associationArn).toBe(
        `arn:aws:eks:${region}:${account}:podidentityassociation/${clusterName}/${made?.associationId}`,
      )
      const { association } = await aws.eks.send(
        new DescribePodIdentityAssociationCommand({ clusterName, associationId: made?.associationId }),
      )
      expect(association).toMatchObject({
        clusterName,
        namespace: 'policy-admin',
        serviceAccount: 'quotes',
        roleArn,
        tags: { team: 'quotes' },
        disableSessionTags: false,
      })
    },
  }),
  eks({
    rule: 'a second association of the same service account is refused',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      await associate(aws)
    },
    when: (aws) => associate(aws),
    expected: error('ResourceInUseException', 409),
  }),
  eks({
    rule: 'a repeated request, by its token, is answered with what it made',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      return associate(aws, { clientRequestToken: token })
    },
    when: (aws) => associate(aws, { clientRequestToken: token }),
    expected: (again, first) => expect(again?.associationId).toBe(first?.associationId),
  }),
  eks({
    rule: 'an association needs its cluster',
    moto,
    given: (aws) => createRole(aws),
    when: (aws) => associate(aws),
    expected: error('ResourceNotFoundException', 404),
  }),
  eks({
    rule: 'an association needs a role that exists',
    moto,
    given: (aws) => createCluster(aws),
    when: (aws) => associate(aws),
    expected: error('InvalidParameterException'),
  }),
  eks({
    rule: 'an association needs a role that trusts Pod Identity, session tags included',
    moto,
    given: async (aws) => {
      await createCluster(aws)
      await createRole(aws, {
        AssumeRolePolicyDocument: JSON.stringify({
          Statement: [{ Effect: 'Allow', Principal: { Service: 'pods.eks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        }),
      })
    },
    when: (aws) => associate(aws),
    expected: error('InvalidParameterException'),
  }),
  eks({
    rule: 'a role with a path is found by its whole ARN',
    moto,
    given: async (aws) => {
      await createCluster(aws)
      await createRole(aws, { Path: '/fairway/' })
    },
    when: (aws) => associate(aws, { roleArn: roleArn.replace('role/', 'role/fairway/') }),
    expected: (made) => expect(made?.roleArn).toContain('role/fairway/'),
  }),
]

const reading = [
  eks({
    rule: 'the list has neither role nor tags',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      return associate(aws, { tags: { team: 'quotes' } })
    },
    when: (aws) => aws.eks.send(new ListPodIdentityAssociationsCommand({ clusterName })),
    expected: ({ associations }, made) =>
      expect(associations).toEqual([
        {
          clusterName,
          namespace: 'policy-admin',
          serviceAccount: 'quotes',
          associationArn: made?.associationArn,
          associationId: made?.associationId,
        },
      ]),
  }),
  eks({
    rule: 'the list can be narrowed to a namespace and a service account',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      for (const namespace of ['a', 'b']) {
        for (const serviceAccount of ['one', 'two']) await associate(aws, { namespace, serviceAccount })
      }
    },
    when: (aws) =>
      aws.eks.send(new ListPodIdentityAssociationsCommand({ clusterName, namespace: 'a', serviceAccount: 'two' })),
    expected: ({ associations }) => expect(associations).toMatchObject([{ namespace: 'a', serviceAccount: 'two' }]),
  }),
  eks({
    rule: 'the list comes in pages, every association once',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      for (const serviceAccount of ['a', 'b', 'c']) await associate(aws, { serviceAccount })
    },
    when: async (aws) => {
      const first = await aws.eks.send(new ListPodIdentityAssociationsCommand({ clusterName, maxResults: 2 }))
      const { nextToken } = first
      const second = await aws.eks.send(
        new ListPodIdentityAssociationsCommand({ clusterName, maxResults: 2, nextToken }),
      )
      return [first.associations ?? [], second.associations ?? []]
    },
    expected: (pages) => {
      expect(pages.map((page) => page.length)).toEqual([2, 1])
      expect(sorted(pages.flat().map((one) => one.serviceAccount))).toEqual(['a', 'b', 'c'])
    },
  }),
  eks({
    rule: 'a page of more than 100 associations cannot be asked for',
    moto,
    given: (aws) => createCluster(aws),
    when: (aws) => aws.eks.send(new ListPodIdentityAssociationsCommand({ clusterName, maxResults: 101 })),
    expected: error('InvalidParameterException'),
  }),
  eks({
    rule: 'associations of a cluster that is not there are not found',
    moto,
    when: (aws) => aws.eks.send(new ListPodIdentityAssociationsCommand({ clusterName })),
    expected: error('ResourceNotFoundException', 404),
  }),
  eks({
    rule: 'an association that is not there is not found',
    moto,
    given: (aws) => createCluster(aws),
    when: (aws) =>
      aws.eks.send(new DescribePodIdentityAssociationCommand({ clusterName, associationId: 'a-00000000000000000' })),
    expected: error('ResourceNotFoundException', 404),
  }),
]

const changing = [
  eks({
    rule: 'the role of an association can be changed',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      await createRole(aws, { RoleName: 'other' })
      return associate(aws)
    },
    when: (aws, made) =>
      aws.eks.send(
        new UpdatePodIdentityAssociationCommand({
          clusterName,
          associationId: made?.associationId,
          roleArn: `arn:aws:iam::${account}:role/other`,
        }),
      ),
    expected: ({ association }) => expect(association?.roleArn).toBe(`arn:aws:iam::${account}:role/other`),
  }),
  eks({
    rule: 'an association can be tagged and untagged by ARN',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      return (await associate(aws, { tags: { a: '1' } }))?.associationArn
    },
    when: async (aws, resourceArn) => {
      await aws.eks.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }))
      await aws.eks.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }))
      return aws.eks.send(new ListTagsForResourceCommand({ resourceArn }))
    },
    expected: ({ tags }) => expect(tags).toEqual({ b: '2' }),
  }),
  eks({
    rule: 'tagging what is not there is an error of its own',
    moto,
    when: (aws) =>
      aws.eks.send(
        new TagResourceCommand({
          resourceArn: `arn:aws:eks:${region}:${account}:podidentityassociation/dev/a-00000000000000000`,
          tags: { a: '1' },
        }),
      ),
    expected: error('NotFoundException', 404),
  }),
  eks({
    rule: 'a deleted association is gone, and its service account is free again',
    moto,
    given: async (aws) => {
      await clusterAndRole(aws)
      return associate(aws)
    },
    when: async (aws, made) => {
      const { associationId } = made ?? {}
      await aws.eks.send(new DeletePodIdentityAssociationCommand({ clusterName, associationId }))
      await associate(aws)
      return aws.eks.send(new DeletePodIdentityAssociationCommand({ clusterName, associationId }))
    },
    expected: error('ResourceNotFoundException', 404),
  }),
]

export const associationCases = [...creating, ...reading, ...changing]
