import type { CommitObject } from './commitobject.ts'
import type { Changes, Owned } from './plan.ts'
import type { PushAnswer } from './receivepack.ts'

/** One branch of one repository, as the commit loop sees it. The real one is a warm clone, the twin is in memory. */
export interface Repository {
  /** Asks the server for the branch's head and makes it readable here. Undefined: the repository is empty. */
  synchronise(): Promise<string | undefined>
  /** What stands under these paths at a commit; nothing at no commit. Undefined: the commit is not here. */
  owned(commit: string | undefined, paths: readonly string[]): Promise<Owned | undefined>
  /** The commit and those before it, nearest first, as far as they are here. */
  history(commit: string): AsyncIterable<{ readonly id: string } & CommitObject>
  /** A commit on top of `parent`, here only. */
  propose(parent: string | undefined, changes: Changes, message: string): Promise<Proposal>
  /** RetryLater: nobody knows whether it was applied. */
  push(proposal: Proposal): Promise<PushAnswer>
}

interface Proposal {
  readonly commit: string
  readonly parent: string | undefined
  /** Everything that the server does not have yet. */
  readonly objects: readonly string[]
}
