import type { Clock, Random } from '../domain/effects.ts'
import { RetryLater, Terminal } from '../domain/errors.ts'
import type { CommitResult } from '../domain/git.ts'
import { earlierCommits } from './earlier.ts'
import { type Changes, describeChanges, type Owned, planChanges } from './plan.ts'
import type { Repository } from './repository.ts'
import { type CheckedPart, type CheckedRequest, properPrefixes } from './request.ts'

export interface CommitEffects {
  readonly clock: Clock
  readonly random: Random
  /** Pushes that one call may try. */
  readonly attempts: number
}

/** How far from the head a lost commit of this call is looked for. */
const searchDepth = 1000

/**
 * Compare-and-swap until the branch holds the wanted bytes. Ownership is by path, so that a branch that moved is
 * looked at again and the same files are put on top of it: nothing is rendered anew, nobody's change is lost (P6).
 * What each part came to, in their order.
 */
export async function commitTo(
  repository: Repository,
  place: string,
  request: CheckedRequest,
  effects: CommitEffects,
): Promise<readonly CommitResult[]> {
  const proposed = new Map<string, readonly CommitResult[]>()
  let obstacle: string | undefined
  const mayTryAgain = () => effects.clock.now() < (request.until ?? Infinity)
  let pushes = 0
  for (; pushes < effects.attempts && (pushes === 0 || mayTryAgain()); pushes++) {
    if (pushes > 0) await effects.clock.sleep(pause(pushes + 1, effects.random))
    const head = await repository.synchronise()
    const landed = await findProposed(repository, head, proposed)
    if (landed) return landed
    const plans = await plansAt(repository, head, request.parts)
    const wanting = plans.filter(({ changes }) => changes.size > 0)
    const there = plans.filter(({ changes }) => changes.size === 0).map(({ part }) => part)
    const settled = await earlierCommits(repository, head, there)
    if (wanting.length === 0) return plans.flatMap(({ part }) => settled.get(part) ?? [])
    const changes = new Map(wanting.flatMap((plan) => [...plan.changes]))
    const proposal = await repository.propose(head, changes, request.message(wanting.map(({ part }) => part)))
    const results = plans.map((plan) => settled.get(plan.part) ?? committed(proposal.commit, plan))
    proposed.set(proposal.commit, results)
    try {
      const answer = await repository.push(proposal)
      if (answer.outcome === 'applied') return results
      if (answer.outcome === 'declined') throw declined(place, answer.reason)
      obstacle = answer.reason
    } catch (error) {
      if (!(error instanceof RetryLater)) throw error
      const found = await findProposed(repository, await repository.synchronise(), proposed)
      if (found) return found
      // The server named a time: it is busy, and asking again at once would make it worse.
      if (error.notBefore !== undefined) throw error
      obstacle = error.message
    }
  }
  throw new RetryLater(`no commit on ${place} yet: ${pushes} pushes failed, the last with "${obstacle}"`)
}

/** Of a request with one part. */
export function only(results: readonly CommitResult[]): CommitResult {
  const [result] = results
  if (result === undefined) throw new Error('a commit of one part had no result')
  return result
}

interface PartPlan {
  readonly part: CheckedPart
  readonly owned: Owned
  readonly changes: Changes
}

/** The trees are read once for all parts, which have many directories in common. */
async function plansAt(
  repository: Repository,
  head: string | undefined,
  parts: readonly CheckedPart[],
): Promise<readonly PartPlan[]> {
  const owners = new Map(parts.flatMap((part) => part.paths.map((path) => [path, part] as const)))
  const all = await repository.owned(head, [...owners.keys()])
  if (all === undefined) throw new Error(`the commit ${head} is not in the clone`)
  const entries = new Map(parts.map((part) => [part, new Map<string, { mode: string; id: string }>()]))
  for (const [path, entry] of all.entries) {
    const owned = [path, ...properPrefixes(path)].find((prefix) => owners.has(prefix)) ?? ''
    const owner = owners.get(owned)
    if (owner) entries.get(owner)?.set(path, entry)
  }
  return parts.map((part) => {
    const owned = { entries: entries.get(part) ?? new Map(), blocked: all.blocked }
    return { part, owned, changes: planChanges(part, owned) }
  })
}

function committed(commit: string, { changes, owned }: PartPlan): CommitResult {
  return { result: 'committed', commit, changed: describeChanges(changes, owned) }
}

/** A commit of this call whose answer was lost, or that was applied after it had timed out here. */
async function findProposed<Results>(
  repository: Repository,
  head: string | undefined,
  proposed: ReadonlyMap<string, Results>,
): Promise<Results | undefined> {
  if (head === undefined || proposed.size === 0) return undefined
  let looked = 0
  for await (const { id } of repository.history(head)) {
    const results = proposed.get(id)
    if (results) return results
    if (++looked >= searchDepth) return undefined
  }
  return undefined
}

/** Full jitter up to 5 s: writers that met once shall not meet again. */
function pause(attempt: number, random: Random): number {
  return Math.round(random.fraction() * Math.min(5000, 100 * 2 ** attempt))
}

function declined(place: string, reason: string): Terminal {
  return new Terminal(`${place} declined the push: "${reason}"`, {
    fix: 'let Fairway’s user push to this branch: exempt it from the branch protection, rule or hook',
  })
}
