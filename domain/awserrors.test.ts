import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { callAws, callAwsWithSecret, findAws, fromAws } from './awserrors.ts'
import { Conflict, RetryLater, Terminal } from './errors.ts'

function awsError(name: string, httpStatusCode: number, extra: object = {}): Error {
  return Object.assign(new Error('what AWS says'), { name, $metadata: { httpStatusCode }, ...extra })
}

describe('errors of AWS say whether trying again can help', () => {
  test.each([
    ['throttling, which has status 400', awsError('ThrottlingException', 400)],
    ['what the SDK marks as retryable', awsError('SomethingNew', 400, { $retryable: { throttling: true } })],
    ['an outage', awsError('InternalFailure', 500)],
    ['a broken connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['credentials that ran out, because the next call has new ones', awsError('ExpiredTokenException', 403)],
    ['a list of which the next page is asked for too late', awsError('PaginationTokenExpiredException', 400)],
    ['what is not visible yet', awsError('NoSuchEntityException', 404)],
  ])('RetryLater: %s', (_what, error) => {
    expect(fromAws(error, 'do it')).toBeInstanceOf(RetryLater)
  })

  test.each([
    ['somebody made it first', awsError('EntityAlreadyExistsException', 409)],
    ['somebody changed it at the same time', awsError('ConcurrentModificationException', 409)],
    ['something still hangs on it', awsError('DeleteConflictException', 409)],
  ])('Conflict: %s', (_what, error) => {
    expect(fromAws(error, 'do it')).toBeInstanceOf(Conflict)
  })

  test.each([
    ['not permitted', awsError('AccessDeniedException', 400), /grants/],
    ['not permitted, as IAM spells it', awsError('AccessDenied', 403), /grants/],
    ['a quota', awsError('LimitExceededException', 409), /quota/],
    ['a quota of EKS', awsError('ResourceLimitExceededException', 400), /Service Quotas.* or retire/],
  ])('Terminal with a fix: %s', (_what, error, fix) => {
    const mapped = fromAws(error, 'do it')
    expect(mapped).toBeInstanceOf(Terminal)
    expect((mapped as Terminal).fix).toMatch(fix)
  })

  test('anything else is Terminal, says what was done and what AWS said, and keeps its cause', () => {
    const error = awsError('MalformedPolicyDocumentException', 400)
    const mapped = fromAws(error, 'create role x')
    expect(mapped).toBeInstanceOf(Terminal)
    expect(mapped.message).toContain('create role x')
    expect(mapped.message).toContain('what AWS says')
    expect(mapped.cause).toBe(error)
  })

  test('an error of ours goes through as it is', async () => {
    const error = new Conflict('seen before')
    await expect(callAws('do it', () => Promise.reject(error))).rejects.toBe(error)
  })
})

test('what is not there is an answer where that is expected', async () => {
  await expect(findAws('read', () => Promise.reject(awsError('NoSuchEntity', 404)))).resolves.toBeUndefined()
  await expect(findAws('read', () => Promise.reject(awsError('AccessDenied', 403)))).rejects.toBeInstanceOf(Terminal)
})

test('a refused secret value is in no message and in no cause', async () => {
  const refused = Object.assign(new Error(`Value 'hunter2' at 'secretString' failed`), {
    name: 'ValidationException',
    $metadata: { httpStatusCode: 400 },
    $response: { body: 'hunter2' },
  })
  const error: unknown = await callAwsWithSecret('put', () => Promise.reject(refused)).catch(
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(Terminal)
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2')
})
