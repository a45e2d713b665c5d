/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { account, region } from './clients.ts'
import type { CreateSecretCommandInput } from '@aws-sdk/client-secrets-manager'
import type { Clients } from './clients.ts'

const secretsManager = casesOf('secretsManager')
export const Name = 'fairway/main/dev/policy-admin/quotes/stripe'
const DAY = 86_400_000
/** AWS JSON 1.1 answers every client error with 400; moto has 404 here. */
export const notFound = error('ResourceNotFoundException', 400, 404)

export const create = (aws: Clients, input: Partial<CreateSecretCommandInput> = {}) =>
  aws.secretsManager.send(new CreateSecretCommand({ Name, ...input }))

const describe = (aws: Clients, SecretId = Name) => aws.secretsManager.send(new DescribeSecretCommand({ SecretId }))

const scheduled = async (aws: Clients) => {
  await create(aws, { SecretString: 'one' })
  return aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }))
}

const creating = [
  secretsManager({
    rule: 'the ARN of a secret ends in six random characters',
    when: (aws) => create(aws),
    expected: ({ ARN }) => {
      const prefix = `arn:aws:secretsmanager:${region}:${account}:secret:${Name}-`
      expect(ARN?.startsWith(prefix)).toBe(true)
      expect(ARN?.slice(prefix.length)).toMatch(/^[A-Za-z0-9]{6}$/)
    },
  }),
  secretsManager({
    rule: 'a secret without a value has no version',
    when: (aws) => create(aws),
    expected: async (made, _given, aws) => {
      expect(made.VersionId).toBeUndefined()
      const { VersionIdsToStages = {} } = await describe(aws)
      expect(VersionIdsToStages).toEqual({})
    },
  }),
  secretsManager({
    rule: 'reading a secret without a value is an error',
    given: (aws) => create(aws),
    when: (aws) => aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name })),
    expected: notFound,
  }),
  secretsManager({
    rule: 'the token of a creation is the id of its version',
    when: (aws) => create(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
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
    given: (aws) => create(aws, { SecretBinary: new Uint8Array([0, 255, 7]) }),
    when: (aws) => aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name })),
    expected: ({ SecretBinary, SecretString }) => {
      expect([...(SecretBinary ?? [])]).toEqual([0, 255, 7])
      expect(SecretString).toBeUndefined()
    },
  }),
  secretsManager({
    rule: 'a second secret of the same name is refused',
    given: (aws) => create(aws, { SecretString: 'one' }),
    when: (aws) => create(aws, { SecretString: 'one' }),
    expected: error('ResourceExistsException'),
  }),
  secretsManager({
    rule: 'a repeated creation, by its token, is answered with what it made',
    given: (aws) => create(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    when: (aws) => create(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    expected: (again, first) => expect([again.ARN, again.VersionId]).toEqual([first.ARN, first.VersionId]),
  }),
  secretsManager({
    rule: 'a repeated creation with another value is refused',
    given: (aws) => create(aws, { SecretString: 'one', ClientRequestToken: 'a'.repeat(32) }),
    when: (aws) => create(aws, { SecretString: 'two', ClientRequestToken: 'a'.repeat(32) }),
    expected: error('ResourceExistsException'),
  }),
  secretsManager({
    rule: 'a token has 32 to 64 characters',
    when: (aws) => create(aws, { SecretString: 'one', ClientRequestToken: 'short' }),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a name has no blanks and no colons',
    moto: 'takes any name; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html, Name',
    when: (aws) => create(aws, { Name: 'a secret: mine' }),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a value has at most 65,536 bytes',
    moto: 'takes any size; https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html',
    when: (aws) => create(aws, { SecretString: 'é'.repeat(32_769) }),
    expected: error('ValidationException'),
  }),
  secretsManager({
    rule: 'description, key and tags are told, and can be changed',
    given: (aws) =>
      create(aws, { Description: 'before', KmsKeyId: 'alias/credentials', Tags: [{ Key: 'a', Value: '1' }] }),
    when: async (aws) => {
      await aws.secretsManager.send(new UpdateSecretCommand({ SecretId: Name, Description: 'after' }))
      const Tags = [{ Key: 'b', Value: '2' }]
      await aws.secretsManager.send(new TagResourceCommand({ SecretId: Name, Tags }))
      await aws.secretsManager.send(new UntagResourceCommand({ SecretId: Name, TagKeys: ['a'] }))
      return describe(aws)
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
    when: (aws) => describe(aws),
    expected: notFound,
  }),
  secretsManager({
    rule: 'a secret is found by its ARN without the random characters',
    given: (aws) => create(aws),
    when: (aws, made) => describe(aws, made.ARN?.slice(0, -7)),
    expected: (secret) => expect(secret.Name).toBe(Name),
  }),
]

const deleting = [
  secretsManager({
    rule: 'a deleted secret goes when its recovery window ends',
    given: scheduled,
    when: async (aws, deleted) => ({ deleted, secret: await describe(aws) }),
    expected: ({ deleted, secret }) => {
      const days = (Number(deleted.DeletionDate) - Date.now()) / DAY
      expect(days).toBeGreaterThan(6.9)
      expect(days).toBeLessThan(7.1)
      expect(secret.DeletedDate).toBeInstanceOf(Date)
    },
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be read',
    given: scheduled,
    when: (aws) => aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be written',
    moto: 'writes it; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html has InvalidRequestException',
    given: scheduled,
    when: (aws) => aws.secretsManager.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'two' })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be updated',
    given: scheduled,
    when: (aws) => aws.secretsManager.send(new UpdateSecretCommand({ SecretId: Name, Description: 'new' })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a name under scheduled deletion is taken, and the error says so',
    moto: 'answers ResourceExistsException; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html has InvalidRequestException',
    given: scheduled,
    when: (aws) => create(aws, { SecretString: 'two' }),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be deleted again',
    given: scheduled,
    when: (aws) => aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a restored secret has its value again',
    given: scheduled,
    when: async (aws) => {
      await aws.secretsManager.send(new RestoreSecretCommand({ SecretId: Name }))
      return aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name }))
    },
    expected: async ({ SecretString }, _given, aws) => {
      expect(SecretString).toBe('one')
      expect((await describe(aws)).DeletedDate).toBeUndefined()
    },
  }),
  secretsManager({
    rule: 'a secret that is not there cannot be restored',
    when: (aws) => aws.secretsManager.send(new RestoreSecretCommand({ SecretId: Name })),
    expected: notFound,
  }),
  secretsManager({
    rule: 'a recovery window has 7 to 30 days',
    given: (aws) => create(aws),
    when: (aws) => aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 6 })),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a window and force exclude each other',
    given: (aws) => create(aws),
    when: (aws) =>
      aws.secretsManager.send(
        new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
      ),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a forced deletion frees the name at once, and the new secret has another ARN',
    given: (aws) => create(aws),
    when: async (aws) => {
      await aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }))
      return create(aws)
    },
    expected: (again, first) => expect(again.ARN).not.toBe(first.ARN),
  }),
  secretsManager({
    rule: 'a forced deletion of what is not there succeeds',
    when: (aws) =>
      aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true })),
    expected: (deleted) => expect(deleted.DeletionDate).toBeInstanceOf(Date),
  }),
]

const listing = [
  secretsManager({
    rule: 'the list hides scheduled deletions unless asked for',
    given: async (aws) => {
      await scheduled(aws)
      await create(aws, { Name: 'other' })
    },
    when: async (aws) => {
      const plain = await aws.secretsManager.send(new ListSecretsCommand({}))
      const all = await aws.secretsManager.send(new ListSecretsCommand({ IncludePlannedDeletion: true }))
      return [plain, all].map((answer) => answer.SecretList?.map((secret) => secret.Name).toSorted())
    },
    expected: (names) => expect(names).toEqual([['other'], [Name, 'other'].toSorted()]),
  }),
  secretsManager({
    rule: 'the list has tags and the labels of versions',
    given: (aws) => create(aws, { SecretString: 'one', Tags: [{ Key: 'a', Value: '1' }] }),
    when: (aws) => aws.secretsManager.send(new ListSecretsCommand({})),
    expected: ({ SecretList }, made) =>
      expect(SecretList).toMatchObject([
        { Name, Tags: [{ Key: 'a', Value: '1' }], SecretVersionsToStages: { [made.VersionId ?? '']: ['AWSCURRENT'] } },
      ]),
  }),
  secretsManager({
    rule: 'the list can be narrowed by the beginning of a name and by a tag',
    given: async (aws) => {
      await create(aws, { Name: 'fairway/one', Tags: [{ Key: 'team', Value: 'x' }] })
      await create(aws, { Name: 'fairway/two' })
      await create(aws, { Name: 'other', Tags: [{ Key: 'team', Value: 'x' }] })
    },
    when: (aws) =>
      aws.secretsManager.send(
        new ListSecretsCommand({
          Filters: [
            { Key: 'name', Values: ['fairway/'] },
            { Key: 'tag-key', Values: ['team'] },
          ],
        }),
      ),
    expected: ({ SecretList }) => expect(SecretList?.map((secret) => secret.Name)).toEqual(['fairway/one']),
  }),
  secretsManager({
    rule: 'secrets come in pages, every one once',
    given: async (aws) => {
      for (const name of ['a', 'b', 'c']) await create(aws, { Name: name })
    },
    when: async (aws) => {
      const first = await aws.secretsManager.send(new ListSecretsCommand({ MaxResults: 2 }))
      const { NextToken } = first
      const second = await aws.secretsManager.send(new ListSecretsCommand({ MaxResults: 2, NextToken }))
      return [first.SecretList ?? [], second.SecretList ?? []]
    },
    expected: (pages) => {
      expect(pages.map((page) => page.length)).toEqual([2, 1])
      expect(
        pages
          .flat()
          .map((secret) => secret.Name)
          .toSorted(),
      ).toEqual(['a', 'b', 'c'])
    },
  }),
  secretsManager({
    rule: 'a token that was never given out is refused',
    moto: 'takes it for the beginning; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html has InvalidNextTokenException',
    when: (aws) => aws.secretsManager.send(new ListSecretsCommand({ NextToken: 'made up' })),
    expected: error('InvalidNextTokenException'),
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
    given: (aws) => create(aws),
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
    given: (aws) => create(aws),
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

export const secretsManagerCases = [...creating, ...deleting, ...listing, ...policies]
