import { Terminal, toFailure } from '../../domain/errors.ts'
import type { CommitResult } from '../../domain/git.ts'
import type { Change, Changes, Waiters } from '../../domain/handover.ts'
import { concurrently } from './concurrently.ts'

/** What a change came to. */
export type Outcome = CommitResult | Error

/**
 * Tells each one that waits, then takes the change off the record; when this ends in between, it is told again. Throws
 * when somebody could not be told for now, after everybody was tried.
 */
export async function answerAll(
  ports: { readonly waiters: Waiters; readonly changes: Changes },
  outcomes: ReadonlyMap<Change, Outcome>,
): Promise<void> {
  await concurrently([...outcomes], async ([change, outcome]) => {
    try {
      await tell(ports.waiters, change, outcome)
    } catch (error) {
      // Nobody can be told, ever: whoever waits runs out of time. It must not hold up the repository.
      if (!(error instanceof Terminal)) throw error
    }
    await ports.changes.done(change)
  })
}

function tell(waiters: Waiters, { token, answer }: Change, outcome: Outcome): Promise<'told' | 'gone'> {
  if (outcome instanceof Error) return waiters.fail(token, toFailure(outcome))
  const { result, commit, changed } = outcome
  return waiters.succeed(token, { ...answer, result, commit, files: changed.length })
}
