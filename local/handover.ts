import type { Clock } from '../domain/effects.ts'
import type { Changes, CommitLimits, Contents, Waiters } from '../domain/handover.ts'
import type { Table } from '../domain/table.ts'
import { createChanges } from '../store/changes.ts'
import { createLocalQueue, type LocalQueue } from './queue.ts'

/**
 * Everything of the group commit that this process stands in for: changes in the table, trees in a folder or in memory,
 * a queue per repository. CommitFunction gets `changes`, `contents` and `queue`; WriteFunction all of it, besides the
 * store, the clock and the writer of cluster repositories.
 */
export interface LocalHandover {
  readonly changes: Changes
  readonly contents: Contents
  readonly waiters: Waiters
  readonly queue: LocalQueue
  readonly limits: CommitLimits
  /** The queue here brings back what failed by itself. */
  readonly bringBack: () => Promise<void>
}

/** As lambdas/config.ts has them, but for the pause: nobody is far away here. */
const defaultLimits: CommitLimits = { changes: 250, files: 5000, bytes: 16_000_000, gather: 20 }

export interface LocalHandoverOptions {
  readonly table: Table
  readonly clock: Clock
  /** `memoryContents()` or `folderContents(path)` of store/contents. */
  readonly contents: Contents
  /** The task tokens of this process's state machines. */
  readonly waiters: Waiters
  /** Calls the function `write` (`WriteFunction`), with an event as SQS has it. */
  readonly call: (event: unknown) => Promise<unknown>
  /** One JSON line. */
  readonly log: (line: string) => void
  readonly limits?: Partial<CommitLimits>
}

export function createLocalHandover(options: LocalHandoverOptions): LocalHandover {
  const { table, clock, contents, waiters, call, log, limits } = options
  return {
    changes: createChanges(table),
    contents,
    waiters,
    queue: createLocalQueue({ clock, call, log }),
    limits: { ...defaultLimits, ...limits },
    bringBack: () => Promise.resolve(),
  }
}
