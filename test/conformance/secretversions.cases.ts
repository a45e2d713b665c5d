/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { Name, create, notFound } from './secretsmanager.cases.ts'
import type { Clients } from './clients.ts'

const secretsManager = casesOf('secretsManager')
const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(36)) as [string, string, string]
const toldRule =
  'tells it with no labels; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html, VersionIdsToStages'
const stageRule = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html'

const put = (aws: Clients, ClientRequestToken: string, SecretString: string, VersionStages?: string[]) =>
  aws.secretsManager.send(
    new PutSecretValueCommand({ SecretId: Name, ClientRequestToken, SecretString, VersionStages }),
  )

const read = (aws: Clients, version: { VersionId?: string; VersionStage?: string } = {}) =>
  aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name, ...version }))

const move = (aws: Clients, VersionStage: string, from: string | undefined, to: string | undefined) =>
  aws.secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId: Name,
      VersionStage,
      RemoveFromVersionId: from,
      MoveToVersionId: to,
    }),
  )

/** Version ids to their labels, both sorted. */
const labels = async (aws: Clients) => {
  const { VersionIdsToStages = {} } = await aws.secretsManager.send(new DescribeSecretCommand({ SecretId: Name }))
  return Object.fromEntries(Object.entries(VersionIdsToStages).map(([id, stages]) => [id, stages.toSorted()]))
}

const one = (aws: Clients) => create(aws, { SecretString: 'one', ClientRequestToken: first })

const two = async (aws: Clients) => {
  await one(aws)
  await put(aws, second, 'two')
}

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
    given: (aws) => create(aws),
    when: (aws) => put(aws, first, 'one', ['fairway-g1']),
    expected: async (_answer, _given, aws) => expect(await labels(aws)).toEqual({ [first]: ['AWSCURRENT', 'fairway-g1'] }),
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
    moto: 'forgets them; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html, IncludeDeprecated',
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

const moving = [
  secretsManager({
    rule: 'moving current back makes the other version previous',
    given: two,
    when: (aws) => move(aws, 'AWSCURRENT', second, first),
    expected: async (_answer, _given, aws) =>
      expect(await labels(aws)).toEqual({ [first]: ['AWSCURRENT'], [second]: ['AWSPREVIOUS'] }),
  }),
  secretsManager({
    rule: 'promoting a version that waits under its own label keeps that label',
    given: async (aws) => {
      await one(aws)
      await put(aws, second, 'two', ['fairway-g2'])
    },
    when: (aws) => move(aws, 'AWSCURRENT', first, second),
    expected: async (_answer, _given, aws) =>
      expect(await labels(aws)).toEqual({ [first]: ['AWSPREVIOUS'], [second]: ['AWSCURRENT', 'fairway-g2'] }),
  }),
  secretsManager({
    rule: 'a label that another version has is not moved unless that version is named',
    given: two,
    when: (aws) => move(aws, 'AWSCURRENT', undefined, first),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a label is not moved when the named version does not have it',
    given: two,
    when: (aws) => move(aws, 'AWSCURRENT', first, second),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'current cannot be removed, only moved',
    moto: `removes it; ${stageRule}`,
    given: one,
    when: (aws) => move(aws, 'AWSCURRENT', first, undefined),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a new label can be added to a version, and removed',
    given: one,
    when: async (aws) => {
      await move(aws, 'fairway-g1', undefined, first)
      const added = await labels(aws)
      await move(aws, 'fairway-g1', first, undefined)
      return [added, await labels(aws)]
    },
    expected: (seen) => expect(seen).toEqual([{ [first]: ['AWSCURRENT', 'fairway-g1'] }, { [first]: ['AWSCURRENT'] }]),
  }),
  secretsManager({
    rule: 'a label cannot be given to a version that is not there',
    given: one,
    when: (aws) => move(aws, 'fairway-g2', undefined, second),
    expected: notFound,
    moto: `answers InvalidParameterException; ${stageRule}`,
  }),
]

export const secretVersionCases = [...putting, ...reading, ...moving]
