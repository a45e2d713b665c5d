/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { notFound } from './fixture.ts'
import { first, second, put, move, labels, one, two } from './fixtureversions.ts'

const secretsManager = casesOf('secretsManager')
const stageRule = 'https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html'

export const secretStageCases = [
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
