/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
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
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account } from './clients.ts'
import type { CreateRoleCommandInput } from '@aws-sdk/client-iam'
import type { Clients } from './clients.ts'

const iam = casesOf('iam')
const quotas = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html'
export const RoleName = 'fairway-quotes'
export const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    },
  ],
})
export const allow = (Action: string) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })

export const createRole = (aws: Clients, input: Partial<CreateRoleCommandInput> = {}) =>
  aws.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, ...input }))

const changeTrust = (aws: Clients, PolicyDocument: string) =>
  aws.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))

const createBoundary = async (aws: Clients) => {
  const command = new CreatePolicyCommand({ PolicyName: 'boundary', Path: '/fairway/', PolicyDocument: allow('s3:*') })
  const { Policy } = await aws.iam.send(command)
  return Policy?.Arn ?? ''
}

const getRole = async (aws: Clients) => (await aws.iam.send(new GetRoleCommand({ RoleName }))).Role

const roles = [
  iam({
    rule: 'a new role has its path in the ARN, a unique id and one hour of session',
    when: (aws) => createRole(aws, { Path: '/fairway/' }),
    expected: async ({ Role }, _given, aws) => {
      expect(Role?.Arn).toBe(`arn:aws:iam::${account}:role/fairway/${RoleName}`)
      expect(Role?.RoleId).toMatch(/^AROA[A-Z0-9]{17}$/)
      expect(await getRole(aws)).toMatchObject({ MaxSessionDuration: 3600, Path: '/fairway/' })
    },
  }),
  iam({
    rule: 'documents come back URL-encoded',
    given: (aws) => createRole(aws),
    when: (aws) => getRole(aws),
    expected: (role) => {
      expect(role?.AssumeRolePolicyDocument).toMatch(/^%7B/)
      expect(decodeURIComponent(role?.AssumeRolePolicyDocument ?? '')).toBe(trust)
    },
  }),
  iam({
    rule: 'description, duration and tags are kept',
    given: (aws) =>
      createRole(aws, { Description: 'of quotes', MaxSessionDuration: 7200, Tags: [{ Key: 'team', Value: 'quotes' }] }),
    when: (aws) => getRole(aws),
    expected: (role) =>
      expect(role).toMatchObject({
        Description: 'of quotes',
        MaxSessionDuration: 7200,
        Tags: [{ Key: 'team', Value: 'quotes' }],
      }),
  }),
  iam({
    rule: 'a second role of the same name is refused',
    given: (aws) => createRole(aws),
    when: (aws) => createRole(aws),
    expected: error('EntityAlreadyExistsException', 409),
  }),
  iam({
    rule: 'names that differ only by case are the same name',
    moto: `tells them apart; ${quotas}`,
    given: (aws) => createRole(aws),
    when: (aws) => createRole(aws, { RoleName: RoleName.toUpperCase() }),
    expected: error('EntityAlreadyExistsException', 409),
  }),
  iam({
    rule: 'a role name has at most 64 characters',
    moto: `takes longer ones; ${quotas}`,
    when: (aws) => createRole(aws, { RoleName: 'r'.repeat(65) }),
    expected: error('ValidationError'),
  }),
  iam({
    rule: 'a trust policy has at most 2,048 characters',
    when: (aws) =>
      createRole(aws, { AssumeRolePolicyDocument: trust.replace('sts:AssumeRole', `sts:${'A'.repeat(2048)}`) }),
    expected: error('LimitExceededException', 409),
    moto: `has no such limit; ${quotas}`,
  }),
  iam({
    rule: 'a trust policy that is not JSON is refused',
    given: (aws) => createRole(aws),
    when: (aws) => changeTrust(aws, 'not a policy'),
    expected: error('MalformedPolicyDocumentException'),
  }),
  iam({
    rule: 'a trust policy has no resources',
    given: (aws) => createRole(aws),
    when: (aws) => changeTrust(aws, trust.replace('"Effect"', '"Resource":"*","Effect"')),
    expected: error('MalformedPolicyDocumentException'),
  }),
  iam({
    rule: 'a trust policy allows only actions of STS',
    given: (aws) => createRole(aws),
    when: (aws) => changeTrust(aws, trust.replace('sts:AssumeRole', 's3:GetObject')),
    expected: error('MalformedPolicyDocumentException'),
  }),
  iam({
    rule: 'a bare account number in a trust policy becomes the ARN of its root',
    moto: 'keeps the number; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts',
    given: (aws) =>
      createRole(aws, {
        AssumeRolePolicyDocument: JSON.stringify({
          Statement: [{ Effect: 'Allow', Principal: { AWS: '210987654321' }, Action: 'sts:AssumeRole' }],
        }),
      }),
    when: (aws) => getRole(aws),
    expected: (role) =>
      expect(decodeURIComponent(role?.AssumeRolePolicyDocument ?? '')).toContain('arn:aws:iam::210987654321:root'),
  }),
  iam({
    rule: 'a session duration outside one to twelve hours is refused',
    moto: 'takes any; https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html has the range',
    when: (aws) => createRole(aws, { MaxSessionDuration: 60 }),
    expected: error('ValidationError'),
  }),
  iam({
    rule: 'a role that is not there is not found',
    when: (aws) => getRole(aws),
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'a changed trust policy is read back',
    given: (aws) => createRole(aws),
    when: async (aws) => {
      await changeTrust(aws, trust.replace('pods.eks', 'ec2'))
      return getRole(aws)
    },
    expected: (role) => expect(decodeURIComponent(role?.AssumeRolePolicyDocument ?? '')).toContain('ec2.amazonaws.com'),
  }),
  iam({
    rule: 'description and duration can be changed',
    given: (aws) => createRole(aws),
    when: async (aws) => {
      await aws.iam.send(new UpdateRoleCommand({ RoleName, Description: 'new', MaxSessionDuration: 7200 }))
      return getRole(aws)
    },
    expected: (role) => expect(role).toMatchObject({ Description: 'new', MaxSessionDuration: 7200 }),
  }),
  iam({
    rule: 'an update without a duration sets it back to one hour',
    given: (aws) => createRole(aws, { MaxSessionDuration: 7200 }),
    when: async (aws) => {
      await aws.iam.send(new UpdateRoleCommand({ RoleName, Description: 'new' }))
      return getRole(aws)
    },
    expected: (role) => expect(role?.MaxSessionDuration).toBe(3600),
  }),
  iam({
    rule: 'a role with an inline policy cannot be deleted',
    given: async (aws) => {
      await createRole(aws)
      await aws.iam.send(
        new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: allow('s3:GetObject') }),
      )
    },
    when: (aws) => aws.iam.send(new DeleteRoleCommand({ RoleName })),
    expected: error('DeleteConflictException', 409),
  }),
  iam({
    rule: 'a deleted role is gone',
    given: (aws) => createRole(aws),
    when: async (aws) => {
      await aws.iam.send(new DeleteRoleCommand({ RoleName }))
      return aws.iam.send(new DeleteRoleCommand({ RoleName }))
    },
    expected: error('NoSuchEntityException', 404),
  }),
]

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
    rule: 'more than 50 tags are refused',
    given: (aws) => createRole(aws),
    when: (aws) =>
      aws.iam.send(
        new TagRoleCommand({
          RoleName,
          Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `key-${index}`, Value: '' })),
        }),
      ),
    expected: error('LimitExceededException', 409),
    moto: `answers ValidationError; ${quotas}, and LimitExceeded in https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html`,
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
      expect(names.toSorted()).toEqual(['a', 'b', 'c'])
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

export const iamCases = [...roles, ...boundaries, ...tags, ...listing, ...providers]
