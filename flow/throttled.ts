import { RetryLater } from '../domain/errors.ts'
import type { Pace } from '../domain/pace.ts'

/** Work in an account; what throttled there is on record before the error goes on its way. */
export async function noticingThrottles<Result>(
  pace: Pace,
  account: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RetryLater && error.throttled) {
      // The throttle is what the caller has to know of, also where the table has just failed too.
      await pace.throttled(account, error.throttled.service).catch(() => undefined)
    }
    throw error
  }
}
