/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account } from './clients.ts'
import { RoleName, createRole } from './fixture.ts'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import type { Clients } from './clients.ts'

const sts = casesOf('sts')

const trustRule = 'assumes anything; https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html'

const trusting = (condition?: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'sts:AssumeRole',
        ...(condition ? { Condition: condition } : {}),
      },
    ],
  })

const assume = (aws: Clients, input: Partial<AssumeRoleCommandInput> = {}) =>
  aws.sts.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${account}:role/${RoleName}`,
      RoleSessionName: 'fairway-ecr',
      ...input,
    }),
  )

export const stsCases = [
  sts({
    rule: 'the caller is in the account of its client',
    when: (aws) => aws.sts.send(new GetCallerIdentityCommand({})),
    expected: (identity) => expect(identity.Account).toBe(account),
  }),
  sts({
    rule: 'an assumed role has credentials that expire and a session of its own',
    given: (aws) => createRole(aws, { AssumeRolePolicyDocument: trusting() }),
    when: (aws) => assume(aws, { DurationSeconds: 900 }),
    expected: ({ Credentials, AssumedRoleUser }) => {
      expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z0-9]{16}$/)
      expect(Credentials?.Expiration).toBeInstanceOf(Date)
      expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${account}:assumed-role/${RoleName}/fairway-ecr`)
    },
  }),
  sts({
    rule: 'a role that is not there cannot be assumed',
    moto: trustRule,
    when: (aws) => assume(aws),
    expected: error('AccessDenied', 403),
  }),
  sts({
    rule: 'a role that does not trust the caller cannot be assumed',
    moto: trustRule,
    given: (aws) => createRole(aws),
    when: (aws) => assume(aws),
    expected: error('AccessDenied', 403),
  }),
  sts({
    rule: 'the external id that a role asks for must be given',
    moto: trustRule,
    given: (aws) =>
      createRole(aws, { AssumeRolePolicyDocument: trusting({ StringEquals: { 'sts:ExternalId': 'fairway' } }) }),
    when: async (aws) => {
      await assume(aws, { ExternalId: 'fairway' })
      return assume(aws, { ExternalId: 'other' })
    },
    expected: error('AccessDenied', 403),
  }),
  sts({
    rule: 'a session cannot be longer than the role allows',
    moto: trustRule,
    given: (aws) => createRole(aws, { AssumeRolePolicyDocument: trusting() }),
    when: (aws) => assume(aws, { DurationSeconds: 7200 }),
    expected: error('ValidationError'),
  }),
  sts({
    rule: 'a session name has at least two characters',
    moto: 'takes any; https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html has the length',
    given: (aws) => createRole(aws, { AssumeRolePolicyDocument: trusting() }),
    when: (aws) => assume(aws, { RoleSessionName: 'x' }),
    expected: error('ValidationError'),
  }),
]
