import { type CommitResult, executionTrailer } from '../domain/git.ts'
import { zeroId } from './blob.ts'
import { parseTrailers, type Trailer } from './message.ts'
import { describeChanges, planChanges } from './plan.ts'
import type { Repository } from './repository.ts'
import type { CheckedPart } from './request.ts'

/** How far from the head the commit of an earlier call is looked for. */
const searchDepth = 100

/**
 * Results of parts whose bytes are on the branch. Where an earlier, killed call of the same execution brought them, its
 * commit is the answer, whoever else was in it: the same request gets the same result.
 */
export async function earlierCommits(
  repository: Repository,
  head: string | undefined,
  parts: readonly CheckedPart[],
): Promise<ReadonlyMap<CheckedPart, CommitResult>> {
  const nothing = { result: 'unchanged', commit: head ?? zeroId, changed: [] } as const
  const results = new Map<CheckedPart, CommitResult>(parts.map((part) => [part, nothing]))
  const open = new Set(parts.filter(({ trailers }) => trailers.some(([name]) => name === executionTrailer)))
  if (head === undefined || open.size === 0) return results
  let looked = 0
  for await (const { id, parents, message } of repository.history(head)) {
    const trailers = parseTrailers(message)
    for (const part of open) {
      if (!contains(trailers, part.trailers)) continue
      const changed = await broughtBy(repository, { id, parent: parents[0] }, part)
      if (changed === undefined) continue
      results.set(part, { result: 'committed', commit: id, changed })
      open.delete(part)
    }
    if (open.size === 0 || ++looked >= searchDepth) break
  }
  return results
}

/** Undefined: the commit has other bytes. */
async function broughtBy(
  repository: Repository,
  commit: { readonly id: string; readonly parent: string | undefined },
  part: CheckedPart,
): Promise<CommitResult['changed'] | undefined> {
  const owned = await repository.owned(commit.id, part.paths)
  if (owned === undefined || planChanges(part, owned).size > 0) return undefined
  // On a new clone the head's parent is not here: then which files it changed is not known.
  const before = await repository.owned(commit.parent, part.paths)
  return before ? describeChanges(planChanges(part, before), before) : []
}

/** A part's trailers stand together, in their order, among those of everybody who shares the commit. */
function contains(all: readonly Trailer[], wanted: readonly Trailer[]): boolean {
  return all.some((_, start) =>
    wanted.every(([name, value], index) => {
      const [otherName, otherValue] = all[start + index] ?? []
      return otherName === name && otherValue === value
    }),
  )
}
