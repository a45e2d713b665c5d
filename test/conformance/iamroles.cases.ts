/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DeleteRoleCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account } from './clients.ts'
import { RoleName, allow, createRole, trust } from './fixture.ts'
import type { Clients } from './clients.ts'

const iam = casesOf('iam')

const quotas = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html'

const changeTrust = (aws: Clients, PolicyDocument: string) =>
  aws.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }))

const getRole = async (aws: Clients) => (await aws.iam.send(new GetRoleCommand({ RoleName }))).Role

export const roleCases = [
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
