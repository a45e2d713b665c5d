import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import { SecretValue } from '../domain/secret.ts'
import { standard } from './middleware.ts'
import { count, makeTelemetry, redirectTelemetry } from './telemetry.ts'

const lines: string[] = []
beforeEach(() => {
  lines.length = 0
  redirectTelemetry((line) => lines.push(line))
})
afterEach(() => {
  redirectTelemetry(undefined)
})

const telemetry = makeTelemetry('stage')
const context = { functionName: 'stage', awsRequestId: 'request-1' } as Context

function failing(error: unknown) {
  const handler = middy(async () => {
    throw error
  }).use(standard(telemetry))
  return handler({ spec: 'what a person wrote' }, context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
}

describe('how a function fails', () => {
  it.each([new RetryLater('down', { notBefore: 5 }), new Conflict('raced'), new Terminal('wrong', { fix: 'write x' })])(
    'the three errors that state machines decide on pass as they are: $name',
    async (error) => {
      expect(await failing(error)).toBe(error)
    },
  )

  it('any other error becomes RetryLater with a text that tells nothing', async () => {
    const thrown = await failing(new TypeError('cannot read token s3cr3t'))
    expect(thrown).toMatchObject({ name: 'RetryLater', message: 'an unexpected error; see the logs of the function' })
  })

  it('a thrown value that is no error is one, too', async () => {
    expect(await failing('s3cr3t')).toMatchObject({ name: 'RetryLater' })
    expect(lines.join()).not.toContain('s3cr3t')
  })

  it('a function that runs out of time says so, and is tried again', async () => {
    const slow = middy(() => new Promise<void>(() => undefined)).use(standard(telemetry))
    const ending = { ...context, getRemainingTimeInMillis: () => 6 }
    await expect(slow({}, ending)).rejects.toMatchObject({
      name: 'RetryLater',
      message: 'the function ran out of time',
    })
  })
})

describe('what is logged of a failure', () => {
  it('stack and causes, with the invocation’s id', async () => {
    await failing(new TypeError('outer', { cause: new RangeError('inner') }))
    const log = lines.map((line) => JSON.parse(line)).find(({ level }) => level === 'ERROR')
    expect(log).toMatchObject({
      service: 'stage',
      function_request_id: 'request-1',
      failure: { name: 'TypeError', stack: expect.stringContaining('middleware.test'), cause: { name: 'RangeError' } },
    })
  })

  it('never the event, nor what libraries hang on their errors, nor credentials in URLs', async () => {
    const error = Object.assign(new Error('cannot push to https://x-access-token:ghs_1@github.com/a/b'), {
      $response: { body: 'hunter2' },
      $metadata: { requestId: 'aws-1', httpStatusCode: 500, cfId: 'x' },
      input: { SecretString: 'hunter2' },
      value: new SecretValue('hunter2'),
    })
    await failing(error)
    expect(lines.join()).toContain('aws-1')
    expect(lines.join()).toContain('https://[secret]@github.com/a/b')
    for (const secret of ['hunter2', 'ghs_1', 'what a person wrote']) expect(lines.join()).not.toContain(secret)
  })

  it('what will be tried again is a warning, what needs a person an error', async () => {
    await failing(new RetryLater('throttled'))
    await failing(new Terminal('not allowed'))
    const levels = lines.map((line) => JSON.parse(line).level).filter(Boolean)
    expect(levels).toEqual(['WARN', 'ERROR'])
  })

  it('failures are counted by name, also when they end the invocation', async () => {
    await failing(new Conflict('raced'))
    expect(lines.filter((line) => line.includes('"Conflict":1'))).toHaveLength(1)
  })
})

describe('telemetry', () => {
  it('metrics are written in CloudWatch’s embedded format, once, at the end of an invocation', async () => {
    const handler = middy(async () => count(telemetry, 'made')).use(standard(telemetry))
    await handler({}, context)
    await handler({}, context)
    const metrics = lines.map((line) => JSON.parse(line)).filter((line) => '_aws' in line)
    expect(metrics).toHaveLength(2)
    expect(metrics[0]).toMatchObject({
      service: 'stage',
      made: 1,
      _aws: { CloudWatchMetrics: [{ Namespace: 'Fairway' }] },
    })
  })

  it('one invocation’s keys are not another’s', async () => {
    const handler = middy(async (event: { key?: string }) => {
      if (event.key) telemetry.logger.appendKeys({ key: event.key })
      telemetry.logger.info('here')
    }).use(standard(telemetry))
    await handler({ key: 'first' }, context)
    await handler({}, context)
    expect(lines.map((line) => JSON.parse(line).key)).toEqual(['first', undefined])
  })
})
