import { describe, expect, test } from 'vitest'
import type { PolicyDocument } from './policy.ts'
import { policyText, samePolicy } from './policy.ts'

const wanted: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::222222222222:root', 'arn:aws:iam::333333333333:root'] },
      Action: ['s3:GetObject'],
      Resource: ['arn:aws:s3:::a/*', 'arn:aws:s3:::b/*'],
      Condition: { StringEquals: { 'aws:SourceAccount': '111111111111' } },
    },
    { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' },
  ],
}

describe('two policies with the same meaning are the same', () => {
  test.each([
    ['as it was written', policyText(wanted)],
    ['URL-encoded, as IAM answers', encodeURIComponent(policyText(wanted))],
    ['with statements in another order', text({ ...wanted, Statement: wanted.Statement.toReversed() })],
    ['with a Sid', edited((statement) => ({ Sid: 'x', ...statement }))],
    ['with lists of one unwrapped', edited((statement) => ({ ...statement, Action: 's3:getobject' }))],
    ['with lists in another order', edited((one) => ({ ...one, Resource: ['arn:aws:s3:::b/*', 'arn:aws:s3:::a/*'] }))],
    [
      'with operators and keys in another case, and values wrapped',
      edited((one) => ({ ...one, Condition: { stringequals: { 'AWS:SourceAccount': ['111111111111'] } } })),
    ],
  ])('%s', (_how, observed) => {
    expect(samePolicy(wanted, observed)).toBe(true)
  })
})

describe('two policies with another meaning are different', () => {
  test.each([
    ['there is none', undefined],
    ['it is no JSON', '{'],
    ['an action more', edited((one) => ({ ...one, Action: ['s3:GetObject', 's3:PutObject'] }))],
    ['another effect', edited((one) => ({ ...one, Effect: 'Deny' }))],
    ['everything but the resources', edited(({ Resource, ...one }) => ({ ...one, NotResource: Resource }))],
    ['everybody', edited((one) => ({ ...one, Principal: '*' }))],
    ['another kind of principal', edited((one) => ({ ...one, Principal: { Service: one.Principal?.['AWS'] } }))],
    ['no condition', edited((one) => ({ ...one, Condition: undefined }))],
    [
      'a value in another case',
      edited((one) => ({ ...one, Condition: { StringEquals: { 'aws:SourceAccount': 'X' } } })),
    ],
    ['a statement less', text({ ...wanted, Statement: wanted.Statement.slice(0, 1) })],
    ['an older version of the language', text({ ...wanted, Version: '2008-10-17' })],
  ])('%s', (_how, observed) => {
    expect(samePolicy(wanted, observed)).toBe(false)
  })
})

test('equal documents are written as equal text, whatever the order of their keys', () => {
  const { Version, Statement } = wanted
  expect(policyText({ Statement, Version })).toBe(policyText(wanted))
})

function edited(edit: (statement: PolicyDocument['Statement'][number]) => object): string {
  const [first, ...rest] = wanted.Statement
  return text({ ...wanted, Statement: [...(first ? [edit(first)] : []), ...rest] })
}

function text(document: unknown): string {
  return JSON.stringify(document)
}
