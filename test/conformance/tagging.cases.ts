/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import { CreateRepositoryCommand, DeleteRepositoryCommand, UntagResourceCommand } from '@aws-sdk/client-ecr'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import type { GetResourcesCommandInput } from '@aws-sdk/client-resource-groups-tagging-api'
import { expect } from 'vitest'
import { casesOf, error, sorted } from './cases.ts'
import { account, region } from './clients.ts'
import { createRepository, createRole, createSecret, repositoryName } from './fixture.ts'
import type { Clients } from './clients.ts'

const tagging = casesOf('tagging')

const reference = 'https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html'
const supported = 'https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html'
const noRepositories = `knows no repositories; ${supported} has ECR`

const resources = (aws: Clients, input: GetResourcesCommandInput) => aws.tagging.send(new GetResourcesCommand(input))

const secret = (aws: Clients, Name: string, tags: Record<string, string>) =>
  createSecret(aws, { Name, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) })

const repository = (aws: Clients, name: string, tags: Record<string, string>) =>
  aws.ecr.send(
    new CreateRepositoryCommand({
      repositoryName: name,
      tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  )

const repositoryArn = (name: string) => `arn:aws:ecr:${region}:${account}:repository/${name}`

const ofRepositories = { ResourceTypeFilters: ['ecr:repository'] }
const ofSecrets = { ResourceTypeFilters: ['secretsmanager:secret'] }

/** A secret's name is in its ARN, before six random characters. */
const names = (found: { ResourceTagMappingList?: readonly { ResourceARN?: string | undefined }[] | undefined }) =>
  sorted((found.ResourceTagMappingList ?? []).map(({ ResourceARN }) => ResourceARN?.split(':').at(-1)?.slice(0, -7)))

const filters = [
  tagging({
    rule: 'a tagged resource is found by key and value, with its ARN and all of its tags',
    given: async (aws) => {
      await secret(aws, 'other', { team: 'other' })
      return secret(aws, 'ours', { team: 'quotes', stage: 'dev' })
    },
    when: (aws) => resources(aws, { ...ofSecrets, TagFilters: [{ Key: 'team', Values: ['quotes'] }] }),
    expected: ({ ResourceTagMappingList, PaginationToken }, { ARN }) => {
      expect(ResourceTagMappingList).toMatchObject([
        {
          ResourceARN: ARN,
          Tags: expect.arrayContaining([
            { Key: 'team', Value: 'quotes' },
            { Key: 'stage', Value: 'dev' },
          ]) as unknown,
        },
      ])
      // AWS says "" and moto nothing.
      expect(PaginationToken ?? '').toBe('')
    },
  }),
  tagging({
    rule: 'a key alone finds any value, several keys must all hold, and of several values any',
    given: async (aws) => {
      await secret(aws, 'one', { a: '1', b: '1' })
      await secret(aws, 'two', { a: '2' })
      await secret(aws, 'three', { a: '3' })
      await secret(aws, 'none', { b: '1' })
    },
    when: (aws) =>
      Promise.all([
        resources(aws, { ...ofSecrets, TagFilters: [{ Key: 'a' }] }),
        resources(aws, { ...ofSecrets, TagFilters: [{ Key: 'a' }, { Key: 'b' }] }),
        resources(aws, { ...ofSecrets, TagFilters: [{ Key: 'a', Values: ['2', '3'] }] }),
      ]),
    expected: (answers) => expect(answers.map(names)).toEqual([['one', 'three', 'two'], ['one'], ['three', 'two']]),
  }),
  tagging({
    rule: 'what has no tags is not found',
    given: (aws) => createSecret(aws),
    when: (aws) => resources(aws, { ...ofSecrets, TagFilters: [{ Key: 'a' }] }),
    expected: ({ ResourceTagMappingList }) => expect(ResourceTagMappingList).toEqual([]),
  }),
  tagging({
    rule: 'only the wanted type is found, and a service stands for all of its types',
    given: async (aws) => {
      await secret(aws, 'ours', { a: '1' })
      await repository(aws, repositoryName, { a: '1' })
    },
    when: (aws) => resources(aws, { ResourceTypeFilters: ['secretsmanager'], TagFilters: [{ Key: 'a' }] }),
    expected: (found) => expect(names(found)).toEqual(['ours']),
  }),
]

const pages = [
  tagging({
    rule: 'resources come in pages, every one once, and the last token is empty',
    given: async (aws) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await secret(aws, name, { team: 'quotes' })
    },
    when: async (aws) => {
      const found: string[] = []
      const sizes: number[] = []
      let token: string | undefined
      do {
        const answer = await resources(aws, {
          ...ofSecrets,
          TagFilters: [{ Key: 'team' }],
          ResourcesPerPage: 2,
          ...(token === undefined ? {} : { PaginationToken: token }),
        })
        found.push(...names(answer))
        sizes.push(answer.ResourceTagMappingList?.length ?? 0)
        token = answer.PaginationToken || undefined
      } while (token !== undefined)
      return { found, sizes }
    },
    expected: ({ found, sizes }) => {
      expect(sorted(found)).toEqual(['a', 'b', 'c', 'd', 'e'])
      expect(sizes).toEqual([2, 2, 1])
    },
  }),
  tagging({
    rule: 'a page of more than 100 resources cannot be asked for',
    when: (aws) => resources(aws, { ...ofSecrets, ResourcesPerPage: 101 }),
    expected: error('InvalidParameterException'),
  }),
  tagging({
    rule: 'a token that was never given is taken for one that ran out',
    when: (aws) => resources(aws, { ...ofSecrets, PaginationToken: 'none' }),
    expected: error('PaginationTokenExpiredException'),
  }),
  tagging({
    rule: 'ARNs cannot be combined with filters',
    moto: `combines them; ${reference}: "You can't specify both"`,
    when: (aws) => resources(aws, { ...ofSecrets, ResourceARNList: [repositoryArn(repositoryName)] }),
    expected: error('InvalidParameterException'),
  }),
]

const kinds = [
  tagging({
    rule: 'a repository is found by its tags',
    moto: noRepositories,
    given: async (aws) => {
      await repository(aws, repositoryName, { team: 'quotes' })
      await repository(aws, 'policy-admin/claims', { team: 'claims' })
      await createRepository(aws, 'untagged')
    },
    when: (aws) => resources(aws, { ...ofRepositories, TagFilters: [{ Key: 'team', Values: ['quotes'] }] }),
    expected: ({ ResourceTagMappingList }) =>
      expect(ResourceTagMappingList).toEqual([
        { ResourceARN: repositoryArn(repositoryName), Tags: [{ Key: 'team', Value: 'quotes' }] },
      ]),
  }),
  tagging({
    rule: 'a repository that lost the tag is not found, nor one that is gone',
    given: async (aws) => {
      await repository(aws, 'policy-admin/one', { team: 'quotes' })
      await repository(aws, 'policy-admin/two', { team: 'quotes' })
      const resourceArn = repositoryArn('policy-admin/one')
      await aws.ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ['team'] }))
      await aws.ecr.send(new DeleteRepositoryCommand({ repositoryName: 'policy-admin/two' }))
    },
    when: (aws) => resources(aws, { ...ofRepositories, TagFilters: [{ Key: 'team' }] }),
    expected: ({ ResourceTagMappingList }) => expect(ResourceTagMappingList).toEqual([]),
  }),
  tagging({
    rule: 'a role is not found, whatever its tags: roles are not among what the tagging API knows',
    given: (aws) => createRole(aws, { Tags: [{ Key: 'team', Value: 'quotes' }] }),
    when: (aws) => resources(aws, { TagFilters: [{ Key: 'team' }] }),
    expected: ({ ResourceTagMappingList }) => expect(ResourceTagMappingList).toEqual([]),
  }),
]

export const taggingCases = [...filters, ...pages, ...kinds]
