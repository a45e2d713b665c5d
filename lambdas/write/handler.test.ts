import { describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { ClusterRepositoryTarget } from '../../domain/git.ts'
import { testClock } from '../../local/aws/fixture.ts'
import { invoke } from '../../local/invoke.ts'
import { redirectTelemetry } from '../telemetry.ts'
import { make, type WriteRuntime } from './handler.ts'

const one = { url: 'https://git.example/one.git', branch: 'main' }
const two = { ...one, branch: 'next' }

function record(target: ClusterRepositoryTarget, change: string, tries = 1) {
  return {
    messageId: `message of ${change}`,
    receiptHandle: `receipt of ${change}`,
    body: JSON.stringify({ target, change }),
    attributes: { ApproximateReceiveCount: String(tries) },
  }
}

function open(get: (ids: readonly string[]) => Promise<readonly never[]>) {
  redirectTelemetry(() => undefined)
  const clock = testClock()
  const brought: (readonly [readonly string[], number])[] = []
  const ports = {
    clock,
    changes: { get, waiting: async () => [] },
    limits: { changes: 10, files: 10, bytes: 10, gather: 0 },
    bringBack: async (receipts: readonly string[], seconds: number) => void brought.push([receipts, seconds]),
  } as unknown as WriteRuntime
  const call = (Records: readonly object[], time = 120_000) =>
    invoke(
      'WriteFunction',
      make(async () => ports),
      { Records },
      time,
    )
  return { clock, brought, call }
}

describe('the function behind the writers’ queue', () => {
  it('looks at each repository of its messages once, with all that they name', async () => {
    const asked: (readonly string[])[] = []
    const { call, brought } = open(async (ids) => {
      asked.push(ids)
      return []
    })
    expect(await call([record(one, 'a'), record(two, 'b'), record(one, 'c')])).toEqual({ batchItemFailures: [] })
    expect(asked).toEqual([['a', 'c'], ['b']])
    expect(brought).toHaveLength(1)
  })

  it('has its messages back soon after it was ended in its work', async () => {
    const { call, brought } = open(async () => {
      expect(brought).toHaveLength(1)
      return []
    })
    await call([record(one, 'a'), record(two, 'b')])
    const [[receipts, seconds] = [[], 0]] = brought
    expect(receipts).toEqual(['receipt of a', 'receipt of b'])
    expect(seconds).toBeGreaterThan(120)
    expect(seconds).toBeLessThanOrEqual(125)
  })

  it('keeps no repository back because another one fails in the same batch', async () => {
    const error = new RetryLater('no')
    const asked: (readonly string[])[] = []
    const { call, brought } = open(async (ids) => {
      asked.push(ids)
      if (ids.includes('a')) throw error
      return []
    })
    expect(await call([record(one, 'a'), record(two, 'b'), record(one, 'c')])).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message of a' }, { itemIdentifier: 'message of c' }],
    })
    expect(asked).toEqual([['a', 'c'], ['b']])
    expect(brought.slice(1)).toEqual([[['receipt of a', 'receipt of c'], 5]])
  })

  it('begins with no other repository that it may be ended in, and has those messages back', async () => {
    const asked: (readonly string[])[] = []
    const { call } = open(async (ids) => {
      asked.push(ids)
      return []
    })
    expect(await call([record(one, 'a'), record(two, 'b')], 60_000)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message of b' }],
    })
    expect(asked).toEqual([['a']])
  })

  it('fails as a whole, and has its messages back soon: later with each try, and not before a host says', async () => {
    let error = new RetryLater('no')
    const { clock, brought, call } = open(() => Promise.reject(error))
    for (const tries of [1, 2, 4, 9]) {
      await expect(call([record(one, 'a', tries), record(one, 'b', tries)])).rejects.toBe(error)
    }
    error = new RetryLater('busy', { notBefore: clock.now() + 90_000 })
    await expect(call([record(one, 'a')])).rejects.toBe(error)
    error = new RetryLater('busy', { notBefore: clock.now() + 86_400_000 })
    await expect(call([record(one, 'a')])).rejects.toBe(error)
    const after = brought.filter((_, index) => index % 2 === 1)
    expect(after.map(([, seconds]) => seconds)).toEqual([5, 10, 40, 60, 90, 300])
    expect(after[0]?.[0]).toEqual(['receipt of a', 'receipt of b'])
  })
})
