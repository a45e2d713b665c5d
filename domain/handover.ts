import type { ClusterRepositoryTarget } from './git.ts'
import type { Failure } from './errors.ts'
import type { Ref } from './store.ts'
import type { Json } from './table.ts'

/**
 * How a change gets into a cluster repository: whoever rendered it puts the tree into content-addressed storage and
 * hands its hash, its lease's fence and a task token to the repository's one writer, which takes whatever has
 * gathered into one commit and answers everybody with its id.
 */

export interface Change {
  /** The same again after a lost answer: `<execution>/<part>/<hash of the target>`. */
  readonly id: string
  readonly target: ClusterRepositoryTarget
  /** Who wants it, and the lease under which: an old fence writes nothing. */
  readonly ref: Ref
  readonly fence: number
  /** Content address of the trees (`serializeTrees` of flow/write). */
  readonly content: string
  readonly files: number
  readonly bytes: number
  /** Of a commit of its own; together with others it is one line in the body, and its trailers stay. */
  readonly subject: string
  readonly body?: string
  readonly trailers: readonly (readonly [string, string])[]
  /** Of the waiting execution. */
  readonly token: string
  /** Goes back to it along with the commit. */
  readonly answer: { readonly [name: string]: Json | undefined }
  /** Epoch milliseconds. */
  readonly at: number
}

/** Changes that wait for their commit. */
export interface Changes {
  /** Replaces one of the same id: then an execution asks again, with another token. */
  add(change: Change): Promise<void>
  /** Strongly consistent; those that are no longer waiting are left out. */
  get(ids: readonly string[]): Promise<readonly Change[]>
  /** What waits for this repository, oldest first; eventually consistent. */
  waiting(target: ClusterRepositoryTarget, limit: number): Promise<readonly Change[]>
  /** Answered, unless it was replaced since: then it still waits. Idempotent. */
  done(change: Pick<Change, 'id' | 'token'>): Promise<void>
}

/** Content-addressed storage: what was put is found under its SHA-256 (hex), for at least a week. */
export interface Contents {
  put(text: string): Promise<string>
  /** Undefined: not there, any more. */
  get(hash: string): Promise<string | undefined>
}

/** Wakes the writer of a repository: one at a time per repository, in order, until it took the change. */
export interface WriterQueue {
  wake(target: ClusterRepositoryTarget, change: string): Promise<void>
}

/** Executions that wait with a task token. `gone`: nobody waits with it any more. */
export interface Waiters {
  succeed(token: string, output: Json): Promise<'told' | 'gone'>
  fail(token: string, failure: Failure): Promise<'told' | 'gone'>
}

/** What ends a commit early, so that one is never too much for a git host, and nobody waits for long. */
export interface CommitLimits {
  readonly changes: number
  readonly files: number
  readonly bytes: number
  /** Milliseconds that the writer waits for more, where more than one change waits already. */
  readonly gather: number
}
