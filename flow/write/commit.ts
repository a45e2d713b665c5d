import type { Clock } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter, CommitResult } from '../../domain/git.ts'
import type { Ready } from './admit.ts'
import { groupWords } from './words.ts'

export interface CommitPorts {
  readonly writer: Pick<ClusterRepositoryWriter, 'commitGroup'>
  readonly clock: Clock
}

export interface Written {
  readonly outcomes: ReadonlyMap<Ready, CommitResult | Terminal>
  /** What kept those without an outcome from getting one; absent: the time was over. */
  readonly problem?: unknown
}

/**
 * One commit for all of them. When the repository refuses it, or one of them cannot be written, it is tried with halves,
 * until those that cannot be committed stand alone and the others are on the branch. `deadline`: no commit is begun
 * after it, but for the first, and no push is tried again.
 */
export async function commitTogether(
  { writer, clock }: CommitPorts,
  target: ClusterRepositoryTarget,
  ready: readonly Ready[],
  deadline: number,
): Promise<Written> {
  const outcomes = new Map<Ready, CommitResult | Terminal>()
  const groups: (readonly Ready[])[] = ready.length === 0 ? [] : [ready]
  let fruitless = 0
  let landed = false
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    if (outcomes.size + fruitless > 0 && clock.now() >= deadline) break
    try {
      const results = await writer.commitGroup({ ...requestFor(target, group), until: deadline })
      for (const [index, result] of results.entries()) outcomes.set(group[index] as Ready, result)
      landed = true
    } catch (error) {
      if (!(error instanceof Terminal)) return { outcomes, problem: error }
      fruitless += 1
      const hopeless = !landed && fruitless > mostFruitless(ready.length)
      if (group.length === 1 || hopeless) {
        const these = hopeless ? [group, ...groups.splice(0)].flat() : group
        for (const each of these) outcomes.set(each, error)
      } else {
        const half = Math.ceil(group.length / 2)
        groups.unshift(group.slice(0, half), group.slice(half))
      }
    }
  }
  return { outcomes }
}

/**
 * Halving finds the one that is refused after as many refusals as there are levels; so many more without a single
 * commit, and it is the repository that refuses everybody: a wrong address, a protected branch.
 */
function mostFruitless(size: number): number {
  return 2 * Math.ceil(Math.log2(size)) + 2
}

function requestFor(target: ClusterRepositoryTarget, group: readonly Ready[]) {
  const changes = new Map(
    group.map(({ change, trees }) => {
      const { subject, body, trailers } = change
      return [{ trees, subject, trailers, ...(body === undefined ? {} : { body }) }, change] as const
    }),
  )
  return {
    target,
    parts: [...changes.keys()],
    describe: (parts: Iterable<object>) => groupWords([...parts].flatMap((part) => changes.get(part as never) ?? [])),
  }
}
