import type { Clock, Random } from '../domain/effects.ts'
import { RetryLater, Terminal } from '../domain/errors.ts'
import { type CommitResult, executionTrailer } from '../domain/git.ts'
import { zeroId } from './blob.ts'
import { parseTrailers } from './message.ts'
import { describeChanges, type Owned, planChanges } from './plan.ts'
import type { Repository } from './repository.ts'
import type { CheckedRequest } from './request.ts'

export interface CommitEffects {
  readonly clock: Clock
  readonly random: Random
  /** Pushes that one call may try. */
  readonly attempts: number
}

/** How far from the head a lost commit is looked for: of this call, and of an earlier call of the same execution. */
const searchDepth = { thisCall: 1000, earlierCall: 100 }

/**
 * Compare-and-swap until the branch holds the wanted bytes. Ownership is by path, so that a branch that moved is
 * looked at again and the same files are put on top of it: nothing is rendered anew, nobody's change is lost (P6).
 */
export async function commitTo(
  repository: Repository,
  place: string,
  request: CheckedRequest,
  effects: CommitEffects,
): Promise<CommitResult> {
  const proposed = new Map<string, CommitResult>()
  let obstacle: string | undefined
  for (let attempt = 1; attempt <= effects.attempts; attempt++) {
    if (attempt > 1) await effects.clock.sleep(pause(attempt, effects.random))
    const head = await repository.synchronise()
    const landed = await findProposed(repository, head, proposed)
    if (landed) return landed
    const owned = await ownedAt(repository, head, request)
    const changes = planChanges(request, owned)
    if (changes.size === 0) return unchanged(repository, request, head)
    const proposal = await repository.propose(head, changes, request.message)
    const result = {
      result: 'committed',
      commit: proposal.commit,
      changed: describeChanges(changes, owned),
    } as const
    proposed.set(proposal.commit, result)
    try {
      const answer = await repository.push(proposal)
      if (answer.outcome === 'applied') return result
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
  throw new RetryLater(`no commit on ${place} yet: ${effects.attempts} pushes failed, the last with "${obstacle}"`)
}

/** A commit of this call whose answer was lost, or that was applied after it had timed out here. */
async function findProposed(
  repository: Repository,
  head: string | undefined,
  proposed: ReadonlyMap<string, CommitResult>,
): Promise<CommitResult | undefined> {
  if (head === undefined || proposed.size === 0) return undefined
  for await (const { id } of limited(repository.history(head), searchDepth.thisCall)) {
    const result = proposed.get(id)
    if (result) return result
  }
  return undefined
}

/**
 * The bytes are there. When an earlier, killed call of the same execution brought them, its commit is the answer:
 * the same request gets the same result.
 */
async function unchanged(
  repository: Repository,
  request: CheckedRequest,
  head: string | undefined,
): Promise<CommitResult> {
  const nothing = { result: 'unchanged', commit: head ?? zeroId, changed: [] } as const
  if (head === undefined || !request.trailers.some(([name]) => name === executionTrailer)) return nothing
  const wanted = JSON.stringify(request.trailers)
  for await (const { id, parents, message } of limited(repository.history(head), searchDepth.earlierCall)) {
    if (JSON.stringify(parseTrailers(message)) !== wanted) continue
    if (planChanges(request, await ownedAt(repository, id, request)).size > 0) continue
    // On a new clone the head's parent is not here: then which files it changed is not known.
    const before = await repository.owned(parents[0], request.paths)
    const changed = before ? describeChanges(planChanges(request, before), before) : []
    return { result: 'committed', commit: id, changed }
  }
  return nothing
}

async function ownedAt(repository: Repository, commit: string | undefined, request: CheckedRequest): Promise<Owned> {
  const owned = await repository.owned(commit, request.paths)
  if (owned === undefined) throw new Error(`the commit ${commit} is not in the clone`)
  return owned
}

async function* limited<Item>(items: AsyncIterable<Item>, limit: number): AsyncGenerator<Item> {
  let count = 0
  for await (const item of items) {
    yield item
    if (++count >= limit) return
  }
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
