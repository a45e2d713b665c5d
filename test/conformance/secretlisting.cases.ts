/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { casesOf, error, sorted } from './cases.ts'
import { Name, createSecret, scheduledSecret } from './fixture.ts'

const secretsManager = casesOf('secretsManager')

export const secretListingCases = [
  secretsManager({
    rule: 'the list hides scheduled deletions unless asked for',
    given: async (aws) => {
      await scheduledSecret(aws)
      await createSecret(aws, { Name: 'other' })
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
    given: (aws) => createSecret(aws, { SecretString: 'one', Tags: [{ Key: 'a', Value: '1' }] }),
    when: (aws) => aws.secretsManager.send(new ListSecretsCommand({})),
    expected: ({ SecretList }, made) =>
      expect(SecretList).toMatchObject([
        { Name, Tags: [{ Key: 'a', Value: '1' }], SecretVersionsToStages: { [made.VersionId ?? '']: ['AWSCURRENT'] } },
      ]),
  }),
  secretsManager({
    rule: 'the list can be narrowed by the beginning of a name and by a tag',
    given: async (aws) => {
      await createSecret(aws, { Name: 'fairway/one', Tags: [{ Key: 'team', Value: 'x' }] })
      await createSecret(aws, { Name: 'fairway/two' })
      await createSecret(aws, { Name: 'other', Tags: [{ Key: 'team', Value: 'x' }] })
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
      for (const name of ['a', 'b', 'c']) await createSecret(aws, { Name: name })
    },
    when: async (aws) => {
      const first = await aws.secretsManager.send(new ListSecretsCommand({ MaxResults: 2 }))
      const { NextToken } = first
      const second = await aws.secretsManager.send(new ListSecretsCommand({ MaxResults: 2, NextToken }))
      return [first.SecretList ?? [], second.SecretList ?? []]
    },
    expected: (pages) => {
      expect(pages.map((page) => page.length)).toEqual([2, 1])
      expect(sorted(pages.flat().map((secret) => secret.Name))).toEqual(['a', 'b', 'c'])
    },
  }),
  secretsManager({
    rule: 'the beginning of a name is its text as it stands: with its case, its slashes, and from its first letter',
    given: async (aws) => {
      const others = ['Fairway/acme/a', 'fairway/acme2/a', 'fairway-acme/a', 'x/fairway/acme/a', 'fairway/acm']
      for (const name of ['fairway/acme/a', ...others]) await createSecret(aws, { Name: name })
    },
    when: (aws) =>
      aws.secretsManager.send(new ListSecretsCommand({ Filters: [{ Key: 'name', Values: ['fairway/acme/'] }] })),
    expected: ({ SecretList }) => expect(SecretList?.map((secret) => secret.Name)).toEqual(['fairway/acme/a']),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion is listed with its tags, its labels and a date',
    given: async (aws) => {
      const made = await createSecret(aws, { SecretString: 'one', Tags: [{ Key: 'a', Value: '1' }] })
      await aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7 }))
      return made
    },
    when: (aws) =>
      aws.secretsManager.send(
        new ListSecretsCommand({ IncludePlannedDeletion: true, Filters: [{ Key: 'name', Values: [Name] }] }),
      ),
    expected: ({ SecretList }, made) =>
      expect(SecretList).toMatchObject([
        {
          ARN: made.ARN,
          Tags: [{ Key: 'a', Value: '1' }],
          SecretVersionsToStages: { [made.VersionId ?? '']: ['AWSCURRENT'] },
          DeletedDate: expect.any(Date),
        },
      ]),
  }),
  secretsManager({
    rule: 'the list has the labels that DescribeSecret has, of all labelled versions and no others',
    given: async (aws) => {
      await createSecret(aws, { SecretString: 'one' })
      for (const SecretString of ['two', 'three']) {
        await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: Name, SecretString }))
      }
    },
    when: async (aws) => {
      const { SecretList } = await aws.secretsManager.send(new ListSecretsCommand({}))
      const described = await aws.secretsManager.send(new DescribeSecretCommand({ SecretId: Name }))
      return [SecretList?.[0]?.SecretVersionsToStages, described.VersionIdsToStages]
    },
    expected: ([listed, described]) => {
      expect(listed).toEqual(described)
      expect(
        Object.values(listed ?? {})
          .flat()
          .toSorted(),
      ).toEqual(['AWSCURRENT', 'AWSPREVIOUS'])
    },
  }),
  secretsManager({
    rule: 'a page has a hundred secrets, and no more can be asked for',
    moto: 'takes any MaxResults; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html has at most 100',
    when: (aws) => aws.secretsManager.send(new ListSecretsCommand({ MaxResults: 101 })),
    expected: error('ValidationException'),
  }),
  secretsManager({
    rule: 'a hundred and one secrets are two pages',
    given: async (aws) => {
      for (let index = 0; index < 101; index++) await createSecret(aws, { Name: `fairway/acme/${index}` })
    },
    when: async (aws) => {
      const input = { MaxResults: 100, Filters: [{ Key: 'name' as const, Values: ['fairway/acme/'] }] }
      const first = await aws.secretsManager.send(new ListSecretsCommand(input))
      const second = await aws.secretsManager.send(new ListSecretsCommand({ ...input, NextToken: first.NextToken }))
      return [first, second].map(({ SecretList, NextToken }) => [SecretList?.length, NextToken === undefined])
    },
    expected: (pages) =>
      expect(pages).toEqual([
        [100, false],
        [1, true],
      ]),
  }),
  secretsManager({
    rule: 'a token that was never given out is refused',
    moto: 'answers 500; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html has InvalidNextTokenException',
    when: (aws) => aws.secretsManager.send(new ListSecretsCommand({ NextToken: 'made up' })),
    expected: error('InvalidNextTokenException'),
  }),
]
