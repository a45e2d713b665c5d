import { describe, expect, it } from 'vitest'
import { namesOf } from '../../infra/names.ts'
import { machineNames } from '../../infra/rules.ts'
import { grantsOf } from '../../infra/stagegrants.ts'
import { stages } from '../../infra/stages.ts'
import { definitions } from '../asl/definitions.ts'
import { account, installation, region, synthesise } from './template.ts'

/** What stands between those who render and the writers of cluster repositories. */

const names = namesOf(installation)
const stack = synthesise()
const [bucket] = stack.ofType('AWS::S3::Bucket')
const queue = stack
  .ofType('AWS::SQS::Queue')
  .find(({ Properties }) => Properties['QueueName'] === names.with('writers.fifo'))

describe('storage of what was rendered', () => {
  it('is private, encrypted, reached over TLS only, and forgets after two weeks', () => {
    expect(bucket?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 14 }] },
    })
    expect(bucket?.Properties).not.toHaveProperty('VersioningConfiguration')
    const [policy] = stack.ofType('AWS::S3::BucketPolicy')
    expect(JSON.stringify(policy?.Properties)).toContain('"aws:SecureTransport":"false"')
  })

  it('has a name that fits, whatever installation and region, and that the grants name', () => {
    const longest = `fairway-${'x'.repeat(20)}-trees-${account}-ap-southeast-1`
    expect(longest.length).toBeLessThanOrEqual(63)
    const named = `fairway-${installation}-trees-${account}-${region}`
    expect(bucket?.Properties['BucketName']).toBe(named)
    for (const stage of ['commit', 'write'] as const) {
      const resources = grantsOf(stage).flatMap(({ actions, resources }) =>
        actions.some((action) => action.startsWith('s3:')) ? resources : [],
      )
      for (const resource of resources) {
        expect(
          resource
            .replace('${partition}', 'aws')
            .replace('${installation}', installation)
            .replace('${account}', account)
            .replace('${region}', region),
        ).toMatch(new RegExp(`^arn:aws:s3:::${named}(/trees/\\*)?$`))
      }
    }
  })

  it('is written by who renders, read by who writes, and by nobody else', () => {
    const may = (action: string) =>
      (Object.keys(stages) as (keyof typeof stages)[]).filter((stage) =>
        grantsOf(stage).some(({ actions }) => actions.includes(action)),
      )
    expect(may('s3:PutObject')).toEqual(['commit'])
    expect(may('s3:GetObject')).toEqual(['write'])
  })
})

describe('the writers’ queue', () => {
  it('is in order by repository, and brings back what a killed function had, no sooner than it could be done', () => {
    expect(queue?.Properties).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      VisibilityTimeout: 6 * stages.write.timeout,
      RedrivePolicy: { maxReceiveCount: 30 },
    })
  })

  it('wakes the function that writes, with as many messages as Lambda takes of a FIFO queue', () => {
    const [mapping, ...more] = stack.ofType('AWS::Lambda::EventSourceMapping')
    expect(more).toEqual([])
    expect(mapping?.Properties).toMatchObject({ BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] })
    expect(JSON.stringify(mapping?.Properties)).toContain(queue?.id)
    expect(mapping?.Properties).not.toHaveProperty('MaximumBatchingWindowInSeconds')
  })

  it('may be filled by the writer itself, for as long as something is left; no other function may go in circles', () => {
    const allowed = stack.ofType('AWS::Lambda::Function').filter(({ Properties }) => 'RecursiveLoop' in Properties)
    expect(allowed.map(({ Properties }) => Properties['RecursiveLoop'])).toEqual(['Allow'])
    expect(JSON.stringify(allowed[0]?.Properties['FunctionName'])).toContain('-write')
  })

  it('is what the functions know by its address', () => {
    for (const { Properties } of stack.ofType('AWS::Lambda::Function')) {
      const { Variables } = Properties['Environment'] as { readonly Variables: Readonly<Record<string, unknown>> }
      expect(JSON.stringify(Variables['FAIRWAY_WRITER_QUEUE'])).toContain(queue?.id)
    }
  })
})

describe('executions that wait for a commit', () => {
  it('are those whose machines hand over a task token, and may be answered by the writer alone', () => {
    const waiting = machineNames.filter((machine) =>
      JSON.stringify(definitions.find(([file]) => file === `${machine}.asl.json`)?.[1]).includes('.waitForTaskToken'),
    )
    const answered = grantsOf('write').flatMap(({ actions, resources }) =>
      actions.includes('states:SendTaskSuccess') ? resources : [],
    )
    expect(new Set(answered.map((arn) => arn.split('${installation}-').at(-1)))).toEqual(new Set(waiting))
  })
})
