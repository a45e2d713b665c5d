/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account } from './clients.ts'
import { RoleName, allow, createRole } from './fixture.ts'
import type { Clients } from './clients.ts'

const iam = casesOf('iam')

const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'

const put = (aws: Clients, PolicyName: string, PolicyDocument = allow('s3:GetObject')) =>
  aws.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }))

/** A policy of about so many characters that count. */
function policyOfSize(size: number): string {
  const Resource = Array.from({ length: Math.ceil(size / 50) }, (_, index) =>
    `arn:aws:s3:::bucket-${index}/`.padEnd(47, 'x'),
  )
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource }] })
}

const inline = [
  iam({
    rule: 'an inline policy is read back, URL-encoded',
    given: (aws) => createRole(aws),
    when: async (aws) => {
      await put(aws, 'own', allow('s3:Get*'))
      return aws.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'own' }))
    },
    expected: (answer) => {
      expect(answer).toMatchObject({ RoleName, PolicyName: 'own' })
      expect(answer.PolicyDocument).toMatch(/^%7B/)
      expect(decodeURIComponent(answer.PolicyDocument ?? '')).toBe(allow('s3:Get*'))
    },
  }),
  iam({
    rule: 'putting an inline policy again replaces it',
    given: (aws) => createRole(aws),
    when: async (aws) => {
      await put(aws, 'own')
      await put(aws, 'own', allow('s3:PutObject'))
      const { PolicyNames } = await aws.iam.send(new ListRolePoliciesCommand({ RoleName }))
      const answer = await aws.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'own' }))
      return { PolicyNames, document: decodeURIComponent(answer.PolicyDocument ?? '') }
    },
    expected: (seen) => expect(seen).toEqual({ PolicyNames: ['own'], document: allow('s3:PutObject') }),
  }),
  iam({
    rule: 'an inline policy that is not there is not found',
    given: (aws) => createRole(aws),
    when: (aws) => aws.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'own' })),
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'an inline policy cannot be put on a role that is not there',
    when: (aws) => put(aws, 'own'),
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'an inline policy names no principal',
    moto: 'takes it; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html',
    given: (aws) => createRole(aws),
    when: (aws) => put(aws, 'own', allow('s3:GetObject').replace('"Effect"', '"Principal":"*","Effect"')),
    expected: error('MalformedPolicyDocumentException'),
  }),
  iam({
    rule: 'an inline policy names resources by ARN',
    given: (aws) => createRole(aws),
    when: (aws) => put(aws, 'own', allow('s3:GetObject').replace('"*"', '"bucket"')),
    expected: error('MalformedPolicyDocumentException'),
  }),
  iam({
    rule: 'an inline policy names actions with their service',
    given: (aws) => createRole(aws),
    when: (aws) => put(aws, 'own', allow('GetObject')),
    expected: error('MalformedPolicyDocumentException'),
  }),
  iam({
    rule: 'the inline policies of a role have 10,240 characters together',
    moto: 'has no such limit; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
    given: async (aws) => {
      await createRole(aws)
      await put(aws, 'first', policyOfSize(6000))
    },
    when: (aws) => put(aws, 'second', policyOfSize(6000)),
    expected: error('LimitExceededException', 409),
  }),
  iam({
    rule: 'white space does not count towards the size of a policy',
    given: (aws) => createRole(aws),
    when: (aws) => put(aws, 'own', policyOfSize(6000).replace('[', `[${' '.repeat(10_000)}`)),
    expected: async (_answer, _given, aws) => {
      const { PolicyNames } = await aws.iam.send(new ListRolePoliciesCommand({ RoleName }))
      expect(PolicyNames).toEqual(['own'])
    },
  }),
  iam({
    rule: 'a deleted inline policy is gone, and deleting it again is an error',
    given: async (aws) => {
      await createRole(aws)
      await put(aws, 'own')
    },
    when: async (aws) => {
      await aws.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'own' }))
      expect((await aws.iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual([])
      return aws.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'own' }))
    },
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'inline policies come in pages',
    given: async (aws) => {
      await createRole(aws)
      for (const name of ['a', 'b', 'c']) await put(aws, name)
    },
    when: async (aws) => {
      const first = await aws.iam.send(new ListRolePoliciesCommand({ RoleName, MaxItems: 2 }))
      const second = await aws.iam.send(new ListRolePoliciesCommand({ RoleName, MaxItems: 2, Marker: first.Marker }))
      return [first.PolicyNames, second.PolicyNames]
    },
    expected: (pages) => expect(pages).toEqual([['a', 'b'], ['c']]),
    moto: 'answers everything on one page; https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html has MaxItems',
  }),
]

const managed = [
  iam({
    rule: 'an attached policy is listed by name and ARN, and attaching it again changes nothing',
    given: (aws) => createRole(aws),
    when: async (aws) => {
      await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: readOnly }))
      await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: readOnly }))
      return aws.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
    },
    expected: ({ AttachedPolicies }) =>
      expect(AttachedPolicies).toEqual([{ PolicyName: 'ReadOnlyAccess', PolicyArn: readOnly }]),
    moto: 'knows AWS’s own policies only when told to load them, https://docs.getmoto.org/en/latest/docs/services/iam.html',
  }),
  iam({
    rule: 'a policy of the account can be attached',
    given: async (aws) => {
      await createRole(aws)
      const command = new CreatePolicyCommand({ PolicyName: 'shared', PolicyDocument: allow('s3:GetObject') })
      return (await aws.iam.send(command)).Policy?.Arn
    },
    when: async (aws, PolicyArn) => {
      await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
      return aws.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
    },
    expected: ({ AttachedPolicies }, PolicyArn) =>
      expect(AttachedPolicies).toEqual([{ PolicyName: 'shared', PolicyArn }]),
  }),
  iam({
    rule: 'a policy that is not there cannot be attached',
    given: (aws) => createRole(aws),
    when: (aws) =>
      aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: `arn:aws:iam::${account}:policy/absent` })),
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'a role with an attached policy cannot be deleted until it is detached',
    given: async (aws) => {
      await createRole(aws)
      const command = new CreatePolicyCommand({ PolicyName: 'shared', PolicyDocument: allow('s3:GetObject') })
      const PolicyArn = (await aws.iam.send(command)).Policy?.Arn
      await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
      return PolicyArn
    },
    when: async (aws, PolicyArn) => {
      const refused = await aws.iam.send(new DeleteRoleCommand({ RoleName })).catch((reason: unknown) => reason)
      await aws.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
      await aws.iam.send(new DeleteRoleCommand({ RoleName }))
      return refused
    },
    expected: (refused) => expect(refused).toMatchObject({ name: 'DeleteConflictException' }),
  }),
  iam({
    rule: 'a policy that is not attached cannot be detached',
    given: (aws) => createRole(aws),
    when: (aws) => aws.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: readOnly })),
    expected: error('NoSuchEntityException', 404),
  }),
  iam({
    rule: 'two policies of one name and path are refused',
    given: (aws) =>
      aws.iam.send(new CreatePolicyCommand({ PolicyName: 'shared', PolicyDocument: allow('s3:GetObject') })),
    when: (aws) =>
      aws.iam.send(new CreatePolicyCommand({ PolicyName: 'shared', PolicyDocument: allow('s3:GetObject') })),
    expected: error('EntityAlreadyExistsException', 409),
  }),
]

export const rolePolicyCases = [...inline, ...managed]
