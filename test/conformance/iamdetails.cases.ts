/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  CreateOpenIDConnectProviderCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetAccountAuthorizationDetailsCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  ListOpenIDConnectProvidersCommand,
  ListRoleTagsCommand,
  ListRolesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'vitest'
import { casesOf, error, sorted } from './cases.ts'
import { account } from './clients.ts'
import { RoleName, allow, createBoundary, createRole, trust } from './fixture.ts'
import type { Clients } from './clients.ts'

const iam = casesOf('iam')

const quotas = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html'

const getRole = async (aws: Clients) => (await aws.iam.send(new GetRoleCommand({ RoleName }))).Role

const numbered = (start: number, length: number) =>
  Array.from({ length }, (_, index) => ({ Key: `key-${start + index}`, Value: '' }))

const boundaries = [
  iam({
    rule: 'a boundary is kept and told',
    given: async (aws) => {
      const PermissionsBoundary = await createBoundary(aws)
      await createRole(aws, { PermissionsBoundary })
      return PermissionsBoundary
    },
    when: (aws) => getRole(aws),
    expected: (role, arn) => expect(role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(arn),
  }),
  iam({
    rule: 'a boundary must exist',
    moto: 'takes any ARN; https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html has NoSuchEntity',
    when: (aws) => createRole(aws, { PermissionsBoundary: `arn:aws:iam::${account}:policy/absent` }),
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'a boundary can be put on and taken off later',
    given: async (aws) => {
      await createRole(aws)
      return createBoundary(aws)
    },
    when: async (aws, PermissionsBoundary) => {
      await aws.iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }))
      const bounded = await getRole(aws)
      await aws.iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))
      return [bounded?.PermissionsBoundary?.PermissionsBoundaryArn, (await getRole(aws))?.PermissionsBoundary]
    },
    expected: (seen, arn) => expect(seen).toEqual([arn, undefined]),
  }),
]

const tags = [
  iam({
    rule: 'tagging replaces values, keeps other keys, and untagging removes only what is named',
    given: (aws) => createRole(aws, { Tags: [{ Key: 'a', Value: '1' }] }),
    when: async (aws) => {
      const Tags = [
        { Key: 'a', Value: '2' },
        { Key: 'b', Value: '1' },
        { Key: 'c', Value: '1' },
      ]
      await aws.iam.send(new TagRoleCommand({ RoleName, Tags }))
      await aws.iam.send(new UntagRoleCommand({ RoleName, TagKeys: ['b', 'unknown'] }))
      return aws.iam.send(new ListRoleTagsCommand({ RoleName }))
    },
    expected: ({ Tags, IsTruncated }) => {
      expect(Tags).toEqual([
        { Key: 'a', Value: '2' },
        { Key: 'c', Value: '1' },
      ])
      expect(IsTruncated).toBe(false)
    },
  }),
  iam({
    rule: 'more than 50 tags in one call are refused for their number',
    given: (aws) => createRole(aws),
    when: (aws) => aws.iam.send(new TagRoleCommand({ RoleName, Tags: numbered(0, 51) })),
    expected: error('ValidationError'),
  }),
  iam({
    rule: 'more than 50 tags in several calls are over the quota',
    moto: `counts only those of one call; ${quotas}`,
    given: (aws) => createRole(aws, { Tags: numbered(0, 30) }),
    when: (aws) => aws.iam.send(new TagRoleCommand({ RoleName, Tags: numbered(30, 30) })),
    expected: error('LimitExceededException', 409),
  }),
  iam({
    rule: 'keys that differ only by case are the same key',
    when: (aws) =>
      createRole(aws, {
        Tags: [
          { Key: 'team', Value: 'a' },
          { Key: 'Team', Value: 'b' },
        ],
      }),
    expected: error('InvalidInputException'),
  }),
]

const listing = [
  iam({
    rule: 'roles are listed under their path, without boundary and tags',
    given: async (aws) => {
      await createRole(aws, { Path: '/fairway/', Tags: [{ Key: 'a', Value: '1' }] })
      await createRole(aws, { RoleName: 'other' })
    },
    when: (aws) => aws.iam.send(new ListRolesCommand({ PathPrefix: '/fairway/' })),
    expected: ({ Roles = [] }) => {
      expect(Roles.map((role) => role.RoleName)).toEqual([RoleName])
      expect(Roles[0]?.Tags ?? []).toEqual([])
    },
  }),
  iam({
    rule: 'roles come in pages, every one once',
    given: async (aws) => {
      for (const name of ['a', 'b', 'c']) await createRole(aws, { RoleName: name })
    },
    when: async (aws) => {
      const first = await aws.iam.send(new ListRolesCommand({ MaxItems: 2 }))
      return [first, await aws.iam.send(new ListRolesCommand({ MaxItems: 2, Marker: first.Marker }))]
    },
    expected: ([first, second]) => {
      expect([first?.IsTruncated, second?.IsTruncated]).toEqual([true, false])
      const names = [first, second].flatMap((answer) => answer?.Roles ?? []).map((role) => role.RoleName)
      expect(sorted(names)).toEqual(['a', 'b', 'c'])
    },
  }),
  iam({
    rule: 'the authorization details of a role hold trust, policies, boundary and tags',
    given: async (aws) => {
      const PermissionsBoundary = await createBoundary(aws)
      await createRole(aws, { PermissionsBoundary, Tags: [{ Key: 'a', Value: '1' }] })
      await aws.iam.send(
        new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: allow('s3:GetObject') }),
      )
      return PermissionsBoundary
    },
    when: (aws) => aws.iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'] })),
    expected: ({ RoleDetailList, IsTruncated }, arn) => {
      expect(IsTruncated).toBe(false)
      expect(RoleDetailList).toHaveLength(1)
      const detail = RoleDetailList?.[0]
      expect(detail).toMatchObject({
        RoleName,
        Tags: [{ Key: 'a', Value: '1' }],
        PermissionsBoundary: { PermissionsBoundaryArn: arn },
        AttachedManagedPolicies: [],
      })
      expect(decodeURIComponent(detail?.AssumeRolePolicyDocument ?? '')).toBe(trust)
      expect(detail?.RolePolicyList?.map((policy) => decodeURIComponent(policy.PolicyDocument ?? ''))).toEqual([
        allow('s3:GetObject'),
      ])
    },
  }),
]

const details = 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html'

const detailPages = [
  iam({
    rule: 'the authorization details of roles come in pages, every one once',
    moto: `answers everything on one page; ${details} has MaxItems and Marker`,
    given: async (aws) => {
      for (const name of ['a', 'b', 'c']) await createRole(aws, { RoleName: name })
      await createBoundary(aws)
    },
    when: async (aws) => {
      const Filter = ['Role' as const]
      const first = await aws.iam.send(new GetAccountAuthorizationDetailsCommand({ Filter, MaxItems: 2 }))
      const { Marker } = first
      return [first, await aws.iam.send(new GetAccountAuthorizationDetailsCommand({ Filter, MaxItems: 2, Marker }))]
    },
    expected: (answers) => {
      expect(answers.map(({ IsTruncated }) => IsTruncated)).toEqual([true, false])
      const names = answers.map(({ RoleDetailList = [] }) => RoleDetailList.map((role) => role.RoleName))
      expect(names.map((page) => page.length)).toEqual([2, 1])
      expect(sorted(names.flat())).toEqual(['a', 'b', 'c'])
    },
  }),
  iam({
    rule: 'details of a thousand roles may be asked for at once, of those there are',
    given: (aws) => createRole(aws, { Path: '/fairway/' }),
    when: (aws) => aws.iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'], MaxItems: 1000 })),
    expected: ({ RoleDetailList, IsTruncated }) => {
      expect(RoleDetailList).toMatchObject([{ RoleName, Path: '/fairway/' }])
      expect(IsTruncated).toBe(false)
    },
  }),
  iam({
    rule: 'a page of more than 1,000 details cannot be asked for',
    moto: `ignores MaxItems; ${details} has the range`,
    when: (aws) => aws.iam.send(new GetAccountAuthorizationDetailsCommand({ Filter: ['Role'], MaxItems: 1001 })),
    expected: error('ValidationError'),
  }),
]

const providers = [
  iam({
    rule: 'an OIDC provider is found by its ARN, its URL without scheme',
    given: async (aws) => {
      const command = new CreateOpenIDConnectProviderCommand({
        Url: 'https://oidc.eks.eu-west-1.amazonaws.com/id/ABC',
        ClientIDList: ['sts.amazonaws.com'],
        ThumbprintList: ['0'.repeat(40)],
      })
      return (await aws.iam.send(command)).OpenIDConnectProviderArn
    },
    when: (aws, OpenIDConnectProviderArn) =>
      aws.iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })),
    expected: async (provider, Arn, aws) => {
      expect(Arn).toBe(`arn:aws:iam::${account}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC`)
      expect(provider).toMatchObject({
        Url: 'oidc.eks.eu-west-1.amazonaws.com/id/ABC',
        ClientIDList: ['sts.amazonaws.com'],
      })
      const { OpenIDConnectProviderList } = await aws.iam.send(new ListOpenIDConnectProvidersCommand({}))
      expect(OpenIDConnectProviderList).toEqual([{ Arn }])
    },
  }),
  iam({
    rule: 'an OIDC provider that is not there is not found',
    when: (aws) =>
      aws.iam.send(
        new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: `arn:aws:iam::${account}:oidc-provider/none` }),
      ),
    expected: error('NoSuchEntityException', 404),
  }),
]

export const roleDetailCases = [...boundaries, ...tags, ...listing, ...detailPages, ...providers]
