import { describe, expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { failureOf } from '../../flow/outcome.ts'
import { stepFunctionsWaiters } from './waiters.ts'

function client(error?: { readonly name: string; readonly status?: number }) {
  const sent: Record<string, string>[] = []
  const send = async ({ input }: { input: Record<string, string> }) => {
    sent.push(input)
    if (error === undefined) return {}
    throw Object.assign(new Error('from AWS'), {
      name: error.name,
      ...(error.status ? { $metadata: { httpStatusCode: error.status } } : {}),
    })
  }
  return { sent, waiters: stepFunctionsWaiters({ send } as never) }
}

describe('executions that wait', () => {
  it('get the commit as the output of their task', async () => {
    const { sent, waiters } = client()
    expect(await waiters.succeed('token', { result: 'committed', commit: 'c1' })).toBe('told')
    expect(sent).toEqual([{ taskToken: 'token', output: '{"result":"committed","commit":"c1"}' }])
  })

  it.each(['RetryLater', 'Conflict', 'Terminal'] as const)(
    'get a failure as that of a function, by the name that machines decide on: %s',
    async (type) => {
      const { sent, waiters } = client()
      expect(await waiters.fail('token', { type, message: 'the branch is protected' })).toBe('told')
      const { error = '', cause = '' } = sent[0] ?? {}
      expect(error).toBe(type)
      expect(failureOf({ error: { Error: error, Cause: cause } })).toMatchObject({
        type,
        message: 'the branch is protected',
      })
    },
  )

  it('get a failure of any length within what Step Functions takes', async () => {
    const { sent, waiters } = client()
    await waiters.fail('token', { type: 'Terminal', message: '"'.repeat(100_000) })
    const { cause = '' } = sent[0] ?? {}
    expect(cause.length).toBeLessThanOrEqual(32_768)
    expect(JSON.parse(cause)).toHaveProperty('errorMessage')
  })

  it.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])('are gone when AWS says %s', async (name) => {
    const { waiters } = client({ name, status: 400 })
    expect(await waiters.succeed('token', {})).toBe('gone')
    expect(await waiters.fail('token', { type: 'Conflict', message: 'x' })).toBe('gone')
  })

  it('are told later when AWS throttles, and are nobody’s to tell when AWS refuses', async () => {
    await expect(client({ name: 'ThrottlingException', status: 400 }).waiters.succeed('t', {})).rejects.toBeInstanceOf(
      RetryLater,
    )
    await expect(client({ name: 'InvalidOutput', status: 400 }).waiters.succeed('t', {})).rejects.toBeInstanceOf(
      Terminal,
    )
  })
})
