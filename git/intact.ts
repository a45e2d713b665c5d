import { isFairwayError, RetryLater } from '../domain/errors.ts'
import type { ClusterRepositoryTarget } from '../domain/git.ts'
import { placeOf } from './refusals.ts'
import type { WarmClones } from './warm.ts'

/** What is on disk may be cut off by a killed function or a full disk: it is only a copy, and is made again once. */
export async function withIntactClone<Result>(
  clones: Pick<WarmClones<never>, 'discard'>,
  target: ClusterRepositoryTarget,
  task: () => Promise<Result>,
): Promise<Result> {
  try {
    return await task()
  } catch (error) {
    if (isFairwayError(error)) throw error
    await clones.discard(target)
  }
  try {
    return await task()
  } catch (error) {
    if (isFairwayError(error)) throw error
    await clones.discard(target)
    throw new RetryLater(`the clone of ${placeOf(target.url)} cannot be used`, { cause: error })
  }
}
