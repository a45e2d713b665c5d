import type { Clock } from '../domain/effects.ts'
import { RetryLater } from '../domain/errors.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter } from '../domain/git.ts'
import type { Change, Changes, CommitLimits, Contents, Waiters, WriterQueue } from '../domain/handover.ts'
import type { Store } from '../domain/store.ts'
import { admit, type Ready } from './write/admit.ts'
import { answerAll, type Outcome } from './write/answer.ts'
import { commitTogether } from './write/commit.ts'
import { gather } from './write/gather.ts'

export interface WritePorts {
  readonly store: Pick<Store, 'getMany' | 'leases'>
  readonly changes: Changes
  readonly contents: Pick<Contents, 'get'>
  readonly queue: WriterQueue
  readonly waiters: Waiters
  readonly writer: Pick<ClusterRepositoryWriter, 'commitGroup'>
  readonly clock: Clock
  readonly limits: CommitLimits
}

export interface WriteRequest {
  readonly target: ClusterRepositoryTarget
  /** Changes that the queue brought. Those that are answered already cost one read. */
  readonly ids: readonly string[]
  /** Epoch milliseconds: no commit is begun after it, but for the first. */
  readonly deadline: number
}

/** What one call came to, for logs and metrics. */
export interface WriteSummary {
  /** Ids of commits that are new on the branch, or were found there. */
  readonly commits: readonly string[]
  readonly committed: number
  readonly unchanged: number
  readonly refused: number
  /** They wait for the next call, which is on its way. */
  readonly left: number
}

/** A commit that is begun right before the deadline, and clocks that differ. */
const leaseBeyondDeadline = 90_000

/** Whoever waits for longer, with the git host out of reach, is told to come again. */
const patience = 180_000

/**
 * The one writer of a cluster repository: takes what waits into as few commits as the limits allow, and tells everybody
 * what became of it. It may end at any call: what was not answered still waits, and what is on the branch already is
 * found there by its trailers. Throws when something stands in the way for now: then the queue brings it again.
 */
export async function writeChanges(ports: WritePorts, request: WriteRequest): Promise<WriteSummary> {
  const { target, deadline } = request
  const answered: ReadonlyMap<Change, Outcome>[] = []
  const hindered = new Map<string, RetryLater>()
  let open: readonly Change[] = []
  for (let first = true; first || ports.clock.now() < deadline; first = false) {
    const gathered = await gather(ports, request, new Set(hindered.keys()))
    open = []
    if (gathered.taken.length === 0) break
    const { outcomes, ...found } = await round(ports, target, gathered.taken, deadline)
    answered.push(outcomes)
    await answerAll(ports, outcomes)
    if (found.problem !== undefined) throw found.problem
    for (const [{ id }, hindrance] of found.hindered) hindered.set(id, hindrance)
    open = [...gathered.taken, ...gathered.left].filter((each) => !outcomes.has(each) && !hindered.has(each.id))
  }
  if (open[0]) await ports.queue.wake(target, open[0].id)
  for (const hindrance of hindered.values()) throw hindrance
  return summary(answered, open.length)
}

interface Round {
  readonly outcomes: ReadonlyMap<Change, Outcome>
  /** Without an outcome for now, each for a reason of its own. */
  readonly hindered: ReadonlyMap<Change, RetryLater>
  /** What kept all the others from getting one. */
  readonly problem?: unknown
}

async function round(
  ports: WritePorts,
  target: ClusterRepositoryTarget,
  taken: readonly Change[],
  deadline: number,
): Promise<Round> {
  const { ready, refused, hindered } = await admit(ports, taken, deadline + leaseBeyondDeadline)
  const { outcomes: written, problem } = await commitTogether(ports, target, ready, deadline)
  const outcomes = new Map<Change, Outcome>(refused)
  for (const [{ change }, outcome] of written) outcomes.set(change, outcome)
  const impatient = ({ at }: Change) => ports.clock.now() - at > patience
  const waiting = problem === undefined ? [] : withoutOutcome(ready, written)
  for (const change of waiting.filter(impatient)) outcomes.set(change, tryAgain(problem))
  for (const [change, hindrance] of hindered) if (impatient(change)) outcomes.set(change, hindrance)
  return { outcomes, hindered: without(hindered, outcomes), ...(problem === undefined ? {} : { problem }) }
}

function withoutOutcome(ready: readonly Ready[], outcomes: ReadonlyMap<Ready, unknown>): readonly Change[] {
  return ready.filter((each) => !outcomes.has(each)).map(({ change }) => change)
}

function without<Value>(
  all: ReadonlyMap<Change, Value>,
  some: ReadonlyMap<Change, unknown>,
): ReadonlyMap<Change, Value> {
  return new Map([...all].filter(([change]) => !some.has(change)))
}

function tryAgain(problem: unknown): RetryLater {
  const message = problem instanceof RetryLater ? problem.message : 'the writer of the cluster repository failed'
  return new RetryLater(message, { cause: problem })
}

function summary(answered: readonly ReadonlyMap<Change, Outcome>[], left: number): WriteSummary {
  const outcomes = answered.flatMap((each) => [...each.values()])
  const results = outcomes.flatMap((outcome) => (outcome instanceof Error ? [] : [outcome]))
  const committed = results.filter(({ result }) => result === 'committed')
  return {
    commits: [...new Set(committed.map(({ commit }) => commit))],
    committed: committed.length,
    unchanged: results.length - committed.length,
    refused: outcomes.length - results.length,
    left,
  }
}
