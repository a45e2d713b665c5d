/** Git's boundaries: reading a source at its head, and writing a cluster repository by compare-and-swap. */
import type { Failure } from './errors.ts'
import type { SecretValue } from './secret.ts'

export interface SourceFile {
  /** Path in the repository. */
  readonly path: string
  readonly text: string
}

export interface SourceSnapshot {
  /** Full commit id of the head of the default branch. */
  readonly commit: string
  /** Short name, for example `main`. */
  readonly branch: string
  /** `fairway.yaml` and `.fairway/*.yaml` (and .yml), in order of path. */
  readonly files: readonly SourceFile[]
  /** Files that were not read, and why: symlink, submodule, too large, not UTF-8. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[]
}

/** As the Source says. With the ids of a GitHub App's installation these count: addresses are renamed and reused. */
export interface SourceLocation {
  readonly url: string
  readonly installationId?: number
  readonly repositoryId?: number
}

export interface SourceReader {
  /**
   * Reads at the head of the default branch. `known` is the commit read last: the answer may then be
   * `unchanged`, after one round trip. Unreachable or unauthorised: RetryLater or Terminal.
   */
  read(source: SourceLocation, known?: string): Promise<SourceSnapshot | 'unchanged'>
  /** The same at another full ref, for example `refs/pull/7/head`. Undefined when there is no such ref. */
  readRef(source: SourceLocation, ref: string): Promise<SourceSnapshot | undefined>
}

/** Heads of many sources at once: whether anything was pushed, and nothing else. */
export interface SourceHeads {
  /**
   * By name, of each one that was asked for. Without a head and without a failure there is no telling: the repository is
   * empty, or what stands at the address is not what is registered; reading it says which.
   */
  heads(sources: readonly NamedSource[]): Promise<ReadonlyMap<string, SourceHead>>
}

export interface NamedSource {
  readonly name: string
  readonly location: SourceLocation
}

export interface SourceHead {
  /** Full commit id of the head of the default branch. */
  readonly head?: string
  readonly failure?: Failure
}

/** The trailer that names what a commit was made by: the same request again is answered with the same commit. */
export const executionTrailer = 'Fairway-Execution'

export interface ClusterRepositoryTarget {
  readonly url: string
  readonly branch: string
}

/** What one owner (`system/workload`, or a system) has in the repository: everything under its paths is replaced. */
export interface OwnedTree {
  readonly owner: string
  /** Directories (and single files) that belong to this owner alone. */
  readonly paths: readonly string[]
  /** Full path to bytes (UTF-8 text); every one lies under `paths`. Empty: the owner's paths are removed. */
  readonly files: ReadonlyMap<string, string>
}

export interface CommitWords {
  /** First line: at most 72 characters. */
  readonly subject: string
  readonly body?: string
}

/** What one of those who share a commit brings to it. */
export interface CommitPart extends CommitWords {
  readonly trees: readonly OwnedTree[]
  /** `Fairway-Resource: policy-admin/quotes` and so on; a lost answer is found again by them. */
  readonly trailers: readonly (readonly [string, string])[]
}

export interface CommitRequest extends CommitPart {
  readonly target: ClusterRepositoryTarget
}

export interface GroupRequest {
  readonly target: ClusterRepositoryTarget
  readonly parts: readonly CommitPart[]
  /** Words of a commit of these parts, two or more: those that differ from the branch, in their order. Pure. */
  readonly describe: (parts: readonly CommitPart[]) => CommitWords
  /** Epoch milliseconds: what was rejected, or left unanswered, is not pushed again after it, but `RetryLater`. */
  readonly until?: number
}

export interface CommitResult {
  readonly result: 'committed' | 'unchanged'
  /** The commit made; or, for `unchanged`, the head that already has these bytes. */
  readonly commit: string
  readonly changed: readonly { readonly path: string; readonly change: 'added' | 'modified' | 'removed' }[]
}

export interface ClusterRepositoryWriter {
  /** One commit for all trees, fast-forward only; a rejected push is refetched and tried again, then `RetryLater`. */
  commit(request: CommitRequest): Promise<CommitResult>
  /**
   * The same for several at once: one commit of those parts that differ from the branch, with the trailers of each. What
   * each came to, in their order. A part whose bytes an earlier, killed call brought is answered with that call's commit.
   * An error is about all of them: nothing was written.
   */
  commitGroup(request: GroupRequest): Promise<readonly CommitResult[]>
  /**
   * The blob ids under these paths at head; missing paths are left out. Used to see drift. What is no regular file (a link, a submodule) is listed as its mode and id, and so equals no file's.
   */
  list(target: ClusterRepositoryTarget, paths: readonly string[]): Promise<ReadonlyMap<string, string>>
}

/**
 * Basic credentials for a clone URL, from the installation; undefined for anonymous. `refused`: the password that the
 * host did not accept just now, so that another one is made where that is possible.
 */
export type GitCredentials = (
  url: string,
  refused?: SecretValue,
) => Promise<{ readonly username: string; readonly password: SecretValue } | undefined>
