/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { Name, createSecret, notFound } from './fixture.ts'
import { first, second, third, put, read, labels, one, two } from './fixtureversions.ts'

const secretsManager = casesOf('secretsManager')
const toldRule =
  'tells it with no labels; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html, VersionIdsToStages'

const putting = [
  secretsManager({
    rule: 'a new value becomes current, the one before it previous',
    given: one,
    when: (aws) => put(aws, second, 'two'),
    expected: async (answer, _given, aws) => {
      expect(answer).toMatchObject({ Name, VersionId: second, VersionStages: ['AWSCURRENT'] })
      expect(await labels(aws)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] })
      expect((await read(aws)).SecretString).toBe('two')
    },
  }),
  secretsManager({
    rule: 'after the next value the oldest version has no label, and is told no more',
    moto: toldRule,
    given: two,
    when: (aws) => put(aws, third, 'three'),
    expected: async (_answer, _given, aws) =>
      expect(await labels(aws)).toEqual({ [second]: ['AWSPREVIOUS'], [third]: ['AWSCURRENT'] }),
  }),
  secretsManager({
    rule: 'a version without labels can still be read by its id',
    given: async (aws) => {
      await two(aws)
      await put(aws, third, 'three')
    },
    when: (aws) => read(aws, { VersionId: first }),
    expected: ({ SecretString }) => expect(SecretString).toBe('one'),
  }),
  secretsManager({
    rule: 'the same token with the same value changes nothing',
    given: two,
    when: (aws) => put(aws, first, 'one'),
    expected: async (answer, _given, aws) => {
      expect(answer.VersionId).toBe(first)
      expect(await labels(aws)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] })
    },
  }),
  secretsManager({
    rule: 'the same token with another value is refused, and the version keeps its value',
    given: one,
    when: (aws) => put(aws, first, 'another'),
    expected: error('ResourceExistsException'),
  }),
  secretsManager({
    rule: 'a value with a label of its own does not become current',
    given: one,
    when: (aws) => put(aws, second, 'two', ['fairway-g2']),
    expected: async (answer, _given, aws) => {
      expect(answer.VersionStages).toEqual(['fairway-g2'])
      expect(await labels(aws)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['fairway-g2'] })
      expect((await read(aws)).SecretString).toBe('one')
      expect((await read(aws, { VersionStage: 'fairway-g2' })).SecretString).toBe('two')
    },
  }),
  secretsManager({
    rule: 'the first version becomes current whatever its labels',
    given: (aws) => createSecret(aws),
    when: (aws) => put(aws, first, 'one', ['fairway-g1']),
    expected: async (_answer, _given, aws) =>
      expect(await labels(aws)).toEqual({ [first]: ['AWSCURRENT', 'fairway-g1'] }),
  }),
  secretsManager({
    rule: 'a label that is given to a new version leaves the old one',
    moto: toldRule,
    given: async (aws) => {
      await one(aws)
      await put(aws, second, 'two', ['pending'])
    },
    when: (aws) => put(aws, third, 'three', ['pending']),
    expected: async (_answer, _given, aws) =>
      expect(await labels(aws)).toEqual({ [first]: ['AWSCURRENT'], [third]: ['pending'] }),
  }),
  secretsManager({
    rule: 'a value must be given',
    given: one,
    when: (aws) => aws.secretsManager.send(new PutSecretValueCommand({ SecretId: Name })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a value cannot be put into a secret that is not there',
    when: (aws) => put(aws, first, 'one'),
    expected: notFound,
  }),
  secretsManager({
    rule: 'an update with a value makes a version like any other',
    given: one,
    when: (aws) =>
      aws.secretsManager.send(
        new UpdateSecretCommand({ SecretId: Name, ClientRequestToken: second, SecretString: 'two' }),
      ),
    expected: async (answer, _given, aws) => {
      expect(answer.VersionId).toBe(second)
      expect(await labels(aws)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT'] })
    },
  }),
  secretsManager({
    rule: 'all versions together have at most 20 labels',
    moto: 'has no such limit; https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html',
    given: one,
    when: async (aws) => {
      await put(
        aws,
        second,
        'two',
        Array.from({ length: 19 }, (_, index) => `label-${index}`),
      )
      return put(aws, third, 'three', ['one-more'])
    },
    expected: error('LimitExceededException'),
  }),
]

const reading = [
  secretsManager({
    rule: 'a version that is not there is not found',
    given: one,
    when: (aws) => read(aws, { VersionId: second }),
    expected: notFound,
  }),
  secretsManager({
    rule: 'a label that nobody has is not found',
    given: one,
    when: (aws) => read(aws, { VersionStage: 'pending' }),
    expected: notFound,
  }),
  secretsManager({
    rule: 'id and label must mean the same version',
    given: two,
    when: (aws) => read(aws, { VersionId: first, VersionStage: 'AWSCURRENT' }),
    expected: error('InvalidRequestException', 400, 404),
  }),
  secretsManager({
    rule: 'versions are listed with their labels; those without only when asked for',
    moto: 'always tells them; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html, IncludeDeprecated',
    given: async (aws) => {
      await two(aws)
      await put(aws, third, 'three')
    },
    when: async (aws) => {
      const list = (IncludeDeprecated: boolean) =>
        aws.secretsManager.send(new ListSecretVersionIdsCommand({ SecretId: Name, IncludeDeprecated }))
      return [await list(false), await list(true)].map((answer) =>
        answer.Versions?.map((version) => version.VersionId).toSorted(),
      )
    },
    expected: (ids) =>
      expect(ids).toEqual([
        [second, third],
        [first, second, third],
      ]),
  }),
]

export const secretVersionCases = [...putting, ...reading]
