import { randomUUID } from 'node:crypto'
import type { Clock } from '../domain/effects.ts'
import type { Failure } from '../domain/errors.ts'
import type { Waiters } from '../domain/handover.ts'
import type { Json } from '../domain/table.ts'

/**
 * Tasks that wait with a token, as `.waitForTaskToken` does in Step Functions: a token is of one attempt and is answered
 * once; after its time, or after the end of its execution, nobody waits with it any more.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
 */
export interface TaskTokens {
  readonly waiters: Waiters
  /** `over` resolves with what it was told, and rejects with its failure or with `States.Timeout`. */
  wait(timeoutMilliseconds: number): {
    readonly token: string
    readonly over: Promise<Json>
    /** Nobody waits any more. */
    readonly drop: () => void
  }
  readonly waiting: number
  /** Epoch milliseconds when the next one's time is up. */
  readonly earliest: number | undefined
  /** Ends those whose time is up. Called by itself, unless the clock does not move by itself. */
  expire(): void
}

export function createTaskTokens(options: {
  readonly clock: Clock
  /** Nothing happens until `expire` is called: for worlds whose clock does not move by itself. */
  readonly untimed?: boolean
}): TaskTokens {
  interface Waiting {
    readonly until: number
    succeed(output: Json): void
    fail(error: Error): void
  }
  const { clock } = options
  const waiting = new Map<string, Waiting>()

  function end(token: string, tell: (one: Waiting) => void): 'told' | 'gone' {
    const one = waiting.get(token)
    if (one === undefined) return 'gone'
    waiting.delete(token)
    tell(one)
    return 'told'
  }

  function expire(): void {
    const now = clock.now()
    for (const [token, { until }] of waiting) {
      if (until <= now) end(token, (one) => one.fail(failure('States.Timeout', '')))
    }
  }

  return {
    waiters: {
      // What crosses is JSON, as in AWS.
      succeed: async (token, output) => end(token, (one) => one.succeed(JSON.parse(JSON.stringify(output)) as Json)),
      fail: async (token, { type, message, fix }: Failure) => {
        // As the deployed writer says it, and a function that fails.
        const cause = JSON.stringify({ errorType: type, errorMessage: message, ...(fix === undefined ? {} : { fix }) })
        return end(token, (one) => one.fail(failure(type, cause)))
      },
    },
    wait(timeoutMilliseconds) {
      const token = randomUUID()
      const { promise, resolve, reject } = Promise.withResolvers<Json>()
      // Whoever stopped listening, at the end of an execution, is not told; that is no fault of anybody.
      promise.catch(() => undefined)
      const timer = options.untimed ? undefined : setTimeout(expire, timeoutMilliseconds + 1)
      timer?.unref()
      const over = promise.finally(() => clearTimeout(timer))
      over.catch(() => undefined)
      waiting.set(token, { until: clock.now() + timeoutMilliseconds, succeed: resolve, fail: reject })
      const drop = () => {
        waiting.delete(token)
        clearTimeout(timer)
      }
      return { token, over, drop }
    },
    get waiting() {
      return waiting.size
    },
    get earliest() {
      const times = [...waiting.values()].map(({ until }) => until)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    expire,
  }
}

function failure(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
