import type { Waiting } from '../domain/capability.ts'
import type { Failure } from '../domain/errors.ts'

/**
 * What a branch of a state machine ends with. Terminal errors come as data, with what to do about them; a branch
 * that ran out of retries, timed out or died is caught by the machine into the same shape (`failure` without
 * `type` then: the machine only knows a name and a cause).
 */
export interface Outcome {
  readonly capability: string
  /** Absent for what is per workload. */
  readonly cluster?: string
  readonly ok: boolean
  readonly result?: 'created' | 'updated' | 'unchanged' | 'deleted' | 'absent'
  /** Summaries of the actions that were applied. */
  readonly applied?: readonly string[]
  readonly output?: unknown
  readonly waiting?: readonly Waiting[]
  /** Steps of a rotation are left, beyond those that were asked for. */
  readonly pending?: true
  /** Epoch milliseconds when to look again although nothing changes. */
  readonly due?: number
  readonly failure?: Failure
  /** As `Catch` gives it: `{Error, Cause}`. */
  readonly error?: { readonly Error: string; readonly Cause?: string }
}

/** The failure of an outcome, whether it came as data or through a `Catch`. */
export function failureOf(outcome: Pick<Outcome, 'failure' | 'error'>): Failure | undefined {
  if (outcome.failure) return outcome.failure
  if (!outcome.error) return undefined
  const type = outcome.error.Error
  const { message = describe(type), fix } = said(outcome.error.Cause)
  return {
    type: type === 'Terminal' || type === 'Conflict' ? type : 'RetryLater',
    message,
    ...(fix === undefined ? {} : { fix }),
  }
}

/** The cause of a function, or of the writer, is JSON with `errorMessage`; other sources give plain text. */
function said(cause: string | undefined): { readonly message?: string; readonly fix?: string } {
  if (!cause) return {}
  try {
    const { errorMessage, fix } = (JSON.parse(cause) ?? {}) as { errorMessage?: unknown; fix?: unknown }
    if (typeof errorMessage !== 'string') return { message: cause }
    return { message: errorMessage, ...(typeof fix === 'string' ? { fix } : {}) }
  } catch {
    return { message: cause }
  }
}

function describe(error: string): string {
  return error === 'States.Timeout' ? 'timed out' : `failed with ${error}`
}

/** The branches' outcomes, however deep Parallel and Map nested them. */
export function flatten(outcomes: unknown): readonly Outcome[] {
  if (Array.isArray(outcomes)) return outcomes.flatMap(flatten)
  if (typeof outcomes === 'object' && outcomes !== null && 'capability' in outcomes) return [outcomes as Outcome]
  return []
}

/** One cluster repository's branch and the clusters of this run that live in it. */
export interface RepositoryPart {
  readonly url: string
  readonly branch: string
  readonly clusters: readonly string[]
}

/** What one repository of a run ended with, whether the writer said so or there was nothing to write. */
export interface Written {
  readonly ok: true
  readonly repository: string
  readonly result: 'committed' | 'unchanged' | 'skipped'
  /** The one that brought the bytes; for `unchanged` one that has them. */
  readonly commit?: string
  readonly files: number
}

/** As `report` reads it. */
export interface Committed extends Written {
  readonly placements: readonly CommittedPlacement[]
}

/** What is known of it before the writer has answered. */
export type CommitAnswer = Pick<Committed, 'ok' | 'repository' | 'placements'>

/** Clusters that a retirement took something away for. */
export interface Removed extends Written {
  readonly removed: readonly string[]
}

export type RemovalAnswer = Pick<Removed, 'ok' | 'repository' | 'removed'>

export interface CommittedPlacement {
  readonly cluster: string
  /** `held`: nothing was written, the last good state stays on the branch. */
  readonly state: 'rendered' | 'held'
  readonly deployed: boolean
  readonly digest?: string
  /** By entry: the version that pods start with from this commit on. */
  readonly pins?: Readonly<Record<string, string>>
  /** What keeps it from being deployed. */
  readonly waiting: readonly Waiting[]
}

/** A repository's part of the run: committed, or what its branch was caught with. */
export type CommitOutcome =
  | Committed
  | {
      readonly ok: false
      readonly repository: string
      readonly error: { readonly Error: string; readonly Cause?: string }
    }
