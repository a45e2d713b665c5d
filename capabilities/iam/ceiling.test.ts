import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AwsStatement } from '../../domain/resources.ts'
import { matches } from '../../domain/wildcard.ts'
import { systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { ceiling } from './ceiling.ts'
import { reachesFairway } from './fairwayresources.ts'
import { coversConditions, coversResource } from './subset.ts'

const documents = 'arn:aws:s3:::quotes-docs/*'
const tls = { Bool: { 'aws:SecureTransport': 'true' } }

function check(allow: readonly AwsStatement[], ...statements: AwsStatement[]) {
  return ceiling.check({ aws: { statements } }, systemNamed('policy-admin', { aws: { allow } }))
}

describe('within the ceiling', () => {
  test.each<[string, AwsStatement, AwsStatement]>([
    ['the same', allow(['s3:GetObject'], [documents]), allow(['s3:GetObject'], [documents])],
    ['less of a wildcard action', allow(['s3:Get*'], [documents]), allow(['s3:GetObject'], [documents])],
    ['an action in another case', allow(['s3:getobject'], [documents]), allow(['s3:GetObject'], [documents])],
    ['a narrower resource', allow(['s3:*'], ['arn:aws:s3:::quotes-*']), allow(['s3:GetObject'], [documents])],
    [
      'at least the conditions',
      { ...allow(['s3:*'], [documents]), conditions: tls },
      {
        ...allow(['s3:GetObject'], [documents]),
        conditions: { ...tls, StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
      },
    ],
  ])('%s', (_what, ceilingStatement, statement) => {
    expect(check([ceilingStatement], statement)).toEqual([])
  })

  test('different statements of the ceiling may cover different pairs', () => {
    const ceilings = [allow(['s3:GetObject'], [documents]), allow(['s3:GetObject'], ['arn:aws:s3:::other/*'])]
    expect(check(ceilings, allow(['s3:GetObject'], [documents, 'arn:aws:s3:::other/a']))).toEqual([])
  })

  test('a workload without AWS needs no ceiling', () => {
    expect(ceiling.check({}, systemNamed('policy-admin'))).toEqual([])
  })
})

describe('above the ceiling, at the place that is too much, with what is allowed instead', () => {
  test('an action that the System does not allow', () => {
    const [violation] = check([allow(['s3:GetObject'], [documents])], allow(['s3:PutObject'], [documents]))
    expect(violation?.path).toEqual(['aws', 'statements', 0, 'actions', 0])
    expect(violation?.message).toContain('s3:GetObject')
  })

  test('a resource that the System does not allow for that action', () => {
    const ceilings = [allow(['s3:GetObject'], [documents]), allow(['s3:PutObject'], ['arn:aws:s3:::drop/*'])]
    const [violation] = check(ceilings, allow(['s3:PutObject'], [documents]))
    expect(violation?.path).toEqual(['aws', 'statements', 0, 'resources', 0])
    expect(violation?.message).toContain('arn:aws:s3:::drop/*')
  })

  test('action and resource from two different statements of the ceiling', () => {
    const ceilings = [allow(['s3:GetObject'], [documents]), allow(['s3:PutObject'], ['arn:aws:s3:::drop/*'])]
    expect(check(ceilings, allow(['s3:GetObject', 's3:PutObject'], [documents]))).toHaveLength(1)
  })

  test.each<[string, AwsStatement['conditions']]>([
    ['no conditions', undefined],
    ['another value', { Bool: { 'aws:SecureTransport': 'false' } }],
    ['a weaker operator', { BoolIfExists: { 'aws:SecureTransport': 'true' } }],
    ['a value more', { Bool: { 'aws:SecureTransport': ['true', 'false'] } }],
  ])('%s where the System demands conditions', (_what, conditions) => {
    const ceilings = [{ ...allow(['s3:*'], [documents]), conditions: tls }]
    const statement = { ...allow(['s3:GetObject'], [documents]), ...(conditions ? { conditions } : {}) }
    const [violation] = check(ceilings, statement)
    expect(violation?.path.slice(0, 3)).toEqual(['aws', 'statements', 0])
    expect(violation?.message).toContain('aws:SecureTransport')
  })

  test('every problem is reported, not only the first', () => {
    const ceilings = [allow(['s3:GetObject'], [documents])]
    const statements = [
      allow(['s3:PutObject', 'sqs:SendMessage'], [documents]),
      allow(['s3:GetObject'], ['arn:aws:s3:::x']),
    ]
    expect(check(ceilings, ...statements).map(({ path }) => path.join('.'))).toEqual([
      'aws.statements.0.actions.0',
      'aws.statements.0.actions.1',
      'aws.statements.1.resources.0',
    ])
  })

  test('more than IAM takes as one policy', () => {
    const many = Array.from({ length: 300 }, (_, index) => `arn:aws:s3:::quotes-docs/${'x'.repeat(30)}/${index}`)
    const [violation] = check([allow(['s3:*'], [documents])], allow(['s3:GetObject'], many))
    expect(violation?.message).toContain('10240')
  })
})

describe('never, whatever the ceiling says', () => {
  const everything = allow(
    ['iam:*', 'sts:*', 'secretsmanager:*', 'dynamodb:*', 'kms:*', 's3:*'],
    ['secretsmanager', 'dynamodb', 'kms', 's3', 'iam', 'sts'].map((service) => `arn:aws:${service}:*`),
  )

  test.each(['iam:PassRole', 'IAM:CreateRole', 'sts:AssumeRole', 'organizations:ListAccounts'])('%s', (action) => {
    const [violation] = check([everything], { actions: [action], resources: ['arn:aws:iam::1:role/x'] })
    expect(violation?.message).toContain('never granted')
  })

  test.each([
    ['the secrets of workloads', 'arn:aws:secretsmanager:eu-west-1:1:secret:fairway/acme/dev/other/x/y-??????'],
    ['the secrets of the control plane', 'arn:aws:secretsmanager:eu-west-1:1:secret:fairway-control/acme/*'],
    ['a wildcard that could match a secret', 'arn:aws:secretsmanager:*:*:secret:f*'],
    ['a question mark that could match a secret', 'arn:aws:secretsmanager:eu-west-1:1:secret:?airway/a'],
    ['a pattern that ends early', 'arn:aws:secretsmanager:*'],
    ['a policy variable that could match', 'arn:aws:secretsmanager:eu-west-1:1:secret:${aws:PrincipalTag/x}'],
    ['the tables', 'arn:aws:dynamodb:eu-west-1:1:table/*'],
    ['any key', 'arn:aws:kms:eu-west-1:1:key/*'],
    ['a key by half its id', 'arn:aws:kms:eu-west-1:1:key/1234*'],
    ['the buckets', 'arn:aws:s3:::*'],
  ])('%s', (_what, resource) => {
    const service = resource.split(':')[2] ?? ''
    const [violation] = check([everything], { actions: [`${service}:Get`], resources: [resource] })
    expect(violation?.message).toContain('never granted')
  })

  test.each([
    'arn:aws:secretsmanager:eu-west-1:1:secret:quotes/*',
    'arn:aws:dynamodb:eu-west-1:1:table/quotes',
    'arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    documents,
  ])('but %s is nothing of Fairway', (resource) => {
    expect(reachesFairway(resource)).toBeUndefined()
  })
})

describe('a resource is covered only when every ARN it stands for is', () => {
  const segment = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 4 })
  const arn = fc.array(segment, { minLength: 6, maxLength: 7 }).map((parts) => parts.join(':'))
  const text = fc
    .array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 }), { minLength: 6, maxLength: 7 })
    .map((parts) => parts.join(':'))

  test('no text of a covered pattern escapes the wider one', () => {
    expect(
      counterexample(
        fc.property(arn, arn, fc.array(text, { minLength: 20, maxLength: 20 }), (allowed, resource, samples) => {
          const escaped = samples.some((sample) => matches(resource, sample) && !matches(allowed, sample))
          return !(coversResource(allowed, resource) && escaped)
        }),
      ),
    ).toBeNull()
  })

  test('a pattern with something replaced by a wildcard covers the original', () => {
    expect(
      counterexample(
        fc.property(fc.array(segment, { minLength: 6, maxLength: 6 }), fc.nat(5), (parts, index) => {
          return coversResource(parts.with(index, '*').join(':'), parts.join(':'))
        }),
      ),
    ).toBeNull()
  })

  test.each([
    ['arn:aws:s3:a*b:1:x', 'arn:aws:s3:a:b:1:x', false],
    ['arn:aws:sqs:eu-west-1:1:*', 'arn:aws:sqs:*:1:quotes', false],
    ['arn:aws:sqs:*', 'arn:aws:sqs:eu-west-1:1:quotes', true],
    ['arn:aws:logs:eu-west-1:1:log-group:/q/*', 'arn:aws:logs:eu-west-1:1:log-group:/q/a:log-stream:b', true],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/${aws:username}', false],
    ['arn:aws:s3:::b/${aws:username}', 'arn:aws:s3:::b/${aws:username}', true],
  ])('%s over %s: %s', (allowed, resource, expected) => {
    expect(coversResource(allowed, resource)).toBe(expected)
  })
})

test('conditions are compared without regard to the case of operators and keys, and to the order of values', () => {
  const allowed = { StringEquals: { 'aws:SourceVpc': ['b', 'a'] } }
  expect(coversConditions(allowed, { stringequals: { 'AWS:SourceVpc': ['a', 'b'] } })).toBe(true)
  expect(coversConditions(undefined, undefined)).toBe(true)
})

function counterexample<Values>(property: fc.IProperty<Values>): Values | null {
  return fc.check(property, { numRuns: 1000 }).counterexample
}

function allow(actions: string[], resources: string[]): AwsStatement {
  return { actions, resources }
}
