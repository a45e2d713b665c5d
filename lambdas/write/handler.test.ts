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
  const call = (Records: readonly object[]) =>
    invoke(
      'WriteFunction',
      make(async () => ports),
      { Records },
      120_000,
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
    await call([record(one, 'a'), record(two, 'b'), record(one, 'c')])
    expect(asked).toEqual([['a', 'c'], ['b']])
    expect(brought).toEqual([])
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
    expect(brought.map(([, seconds]) => seconds)).toEqual([5, 10, 40, 60, 90, 300])
    expect(brought[0]?.[0]).toEqual(['receipt of a', 'receipt of b'])
  })
})
