/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
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
    rule: 'a token that was never given out is refused',
    moto: 'answers 500; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html has InvalidNextTokenException',
    when: (aws) => aws.secretsManager.send(new ListSecretsCommand({ NextToken: 'made up' })),
    expected: error('InvalidNextTokenException'),
  }),
]
