/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account, region } from './clients.ts'
import { Name, createSecret, describeSecret, notFound } from './fixture.ts'

const secretsManager = casesOf('secretsManager')

const creating = [
  secretsManager({
    rule: 'the ARN of a secret ends in six random characters',
    when: (aws) => createSecret(aws),
    expected: ({ ARN }) => {
      const prefix = `arn:aws:secretsmanager:${region}:${account}:secret:${Name}-`
      expect(ARN?.startsWith(prefix)).toBe(true)
      expect(ARN?.slice(prefix.length)).toMatch(/^[A-Za-z0-9]{6}$/)
    },
  }),
  secretsManager({
    rule: 'a secret without a value has no version',
    when: (aws) => createSecret(aws),
    expected: async (made, _given, aws) => {
      expect(made.VersionId).toBeUndefined()
      const { VersionIdsToStages = {} } = await describeSecret(aws)
      expect(VersionIdsToStages).toEqual({})
    },
  }),
  secretsManager({
    rule: 'reading a secret without a value is an error',
    given: (aws) => createSecret(aws),
    when: (aws) => aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name })),
    expected: notFound,
  }),
  secretsManager({
    rule: 'the token of a creation is the id of its version',
    when: (aws) => createSecret(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    expected: async (made, _given, aws) => {
      expect(made.VersionId).toBe('a'.repeat(32))
      const read = await aws.secretsManager.send(new GetSecretValueCommand({ SecretId: made.ARN }))
      expect(read).toMatchObject({
        Name,
        SecretString: 'one',
        VersionId: made.VersionId,
        VersionStages: ['AWSCURRENT'],
      })
    },
  }),
  secretsManager({
    rule: 'bytes are read back as bytes',
    given: (aws) => createSecret(aws, { SecretBinary: new Uint8Array([0, 255, 7]) }),
    when: (aws) => aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name })),
    expected: ({ SecretBinary, SecretString }) => {
      expect([...(SecretBinary ?? [])]).toEqual([0, 255, 7])
      expect(SecretString).toBeUndefined()
    },
  }),
  secretsManager({
    rule: 'a second secret of the same name is refused',
    given: (aws) => createSecret(aws, { SecretString: 'one' }),
    when: (aws) => createSecret(aws, { SecretString: 'one' }),
    expected: error('ResourceExistsException'),
  }),
  secretsManager({
    rule: 'a repeated creation, by its token, is answered with what it made',
    given: (aws) => createSecret(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    when: (aws) => createSecret(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    expected: (again, first) => expect([again.ARN, again.VersionId]).toEqual([first.ARN, first.VersionId]),
  }),
  secretsManager({
    rule: 'a repeated creation with another value is refused',
    given: (aws) => createSecret(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    when: (aws) => createSecret(aws, { SecretString: 'two', ClientRequestToken: 'a'.repeat(32) }),
    expected: error('ResourceExistsException'),
  }),
  secretsManager({
    rule: 'a token has 32 to 64 characters',
    when: (aws) => createSecret(aws, { SecretString: 'one', ClientRequestToken: 'short' }),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a name has no blanks and no colons',
    moto: 'takes any name; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, Name',
    when: (aws) => createSecret(aws, { Name: 'a secret: mine' }),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a value has at most 65,536 bytes',
    moto: 'takes any size; https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html',
    when: (aws) => createSecret(aws, { SecretString: 'é'.repeat(32_769) }),
    expected: error('ValidationException'),
  }),
  secretsManager({
    rule: 'description, key and tags are told, and can be changed',
    given: (aws) =>
      createSecret(aws, { Description: 'before', KmsKeyId: 'alias/credentials', Tags: [{ Key: 'a', Value: '1' }] }),
    when: async (aws) => {
      await aws.secretsManager.send(new UpdateSecretCommand({ SecretId: Name, Description: 'after' }))
      const Tags = [{ Key: 'b', Value: '2' }]
      await aws.secretsManager.send(new TagResourceCommand({ SecretId: Name, Tags }))
      await aws.secretsManager.send(new UntagResourceCommand({ SecretId: Name, TagKeys: ['a'] }))
      return describeSecret(aws)
    },
    expected: (secret) =>
      expect(secret).toMatchObject({
        Description: 'after',
        KmsKeyId: 'alias/credentials',
        Tags: [{ Key: 'b', Value: '2' }],
      }),
  }),
  secretsManager({
    rule: 'a secret that is not there is not found',
    when: (aws) => describeSecret(aws),
    expected: notFound,
  }),
  secretsManager({
    rule: 'a secret is found by its ARN without the random characters',
    given: (aws) => createSecret(aws),
    when: (aws, made) => describeSecret(aws, made.ARN?.slice(0, -7)),
    expected: (secret) => expect(secret.Name).toBe(Name),
  }),
]

const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    },
  ],
})

const policies = [
  secretsManager({
    rule: 'a resource policy is read back until it is deleted',
    given: (aws) => createSecret(aws),
    when: async (aws) => {
      await aws.secretsManager.send(new PutResourcePolicyCommand({ SecretId: Name, ResourcePolicy: policy }))
      const before = await aws.secretsManager.send(new GetResourcePolicyCommand({ SecretId: Name }))
      await aws.secretsManager.send(new DeleteResourcePolicyCommand({ SecretId: Name }))
      const after = await aws.secretsManager.send(new GetResourcePolicyCommand({ SecretId: Name }))
      return { before: JSON.parse(before.ResourcePolicy ?? '') as unknown, after: after.ResourcePolicy }
    },
    expected: (seen) => expect(seen).toEqual({ before: JSON.parse(policy) as unknown, after: undefined }),
  }),
  secretsManager({
    rule: 'a resource policy that everybody may use is refused when asked for',
    moto: 'does not look; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html, BlockPublicPolicy',
    given: (aws) => createSecret(aws),
    when: (aws) =>
      aws.secretsManager.send(
        new PutResourcePolicyCommand({
          SecretId: Name,
          BlockPublicPolicy: true,
          ResourcePolicy: policy.replace(`arn:aws:iam::${account}:root`, '*'),
        }),
      ),
    expected: error('PublicPolicyException'),
  }),
]

export const secretCases = [...creating, ...policies]
