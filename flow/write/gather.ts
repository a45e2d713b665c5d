import type { Clock } from '../../domain/effects.ts'
import type { Change, Changes, CommitLimits } from '../../domain/handover.ts'
import type { ClusterRepositoryTarget } from '../../domain/git.ts'

export interface Gathered {
  /** For one commit, oldest first. */
  readonly taken: readonly Change[]
  /** They wait for the next one. */
  readonly left: readonly Change[]
}

/**
 * What waits for this repository: what was named, read consistently, and whatever else the index knows of. A change that
 * waits alone is not held up; where several wait already, more are on their way. `without`: ids that are left alone.
 */
export async function gather(
  ports: { readonly changes: Changes; readonly clock: Clock; readonly limits: CommitLimits },
  { target, ids }: { readonly target: ClusterRepositoryTarget; readonly ids: readonly string[] },
  without: ReadonlySet<string>,
): Promise<Gathered> {
  const { changes, clock, limits } = ports
  // One more than are taken, to know whether any are left.
  const most = limits.changes + 1
  const [named, listed] = await Promise.all([changes.get(ids), changes.waiting(target, most)])
  const mine = named.filter((change) => change.target.url === target.url && change.target.branch === target.branch)
  let all = merged(mine, listed)
  if (all.length > 1 && all.length < limits.changes && limits.gather > 0) {
    await clock.sleep(limits.gather)
    all = merged(all, await changes.waiting(target, most))
  }
  return within(
    all.filter(({ id }) => !without.has(id)),
    limits,
  )
}

/** The later reading of a change counts: it may have been asked for again, with another token. */
function merged(first: readonly Change[], second: readonly Change[]): readonly Change[] {
  const byId = new Map([...first, ...second].map((change) => [change.id, change]))
  return [...byId.values()].toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

/** As many of the oldest as fit; one that alone is above a limit goes alone. */
function within(all: readonly Change[], limits: CommitLimits): Gathered {
  let [count, files, bytes] = [0, 0, 0]
  for (const change of all) {
    files += change.files
    bytes += change.bytes
    const fits = count < limits.changes && files <= limits.files && bytes <= limits.bytes
    if (count > 0 && !fits) break
    count += 1
  }
  return { taken: all.slice(0, count), left: all.slice(count) }
}
