/** What a git host shows beside a commit. `git/github/` is the adapter for GitHub; `git/github/memory.ts` the twin. */

/** A repository, as the GitHub App knows it. */
export interface HostedRepository {
  readonly installationId: number
  readonly repositoryId: number
}

export interface CheckAnnotation {
  /** Path in the repository. */
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly column?: number
  readonly level: 'failure' | 'warning' | 'notice'
  readonly title?: string
  readonly message: string
}

export interface CheckRun {
  /** Full id of the commit that it stands beside. */
  readonly commit: string
  readonly name: string
  readonly conclusion: 'success' | 'failure' | 'neutral'
  readonly title: string
  /** Markdown. */
  readonly summary: string
  readonly annotations: readonly CheckAnnotation[]
}

export interface PullRequest {
  readonly number: number
  readonly open: boolean
  /** Full commit ids. */
  readonly head: string
  readonly base: string
}

export interface Checks {
  /** Undefined when there is no such pull request. */
  pullRequest(repository: HostedRepository, number: number): Promise<PullRequest | undefined>
  /** Makes the check run, or changes the one that this App made under the same name; nothing is written when it says the same. */
  check(repository: HostedRepository, run: CheckRun): Promise<'written' | 'unchanged'>
}
