import type { Clock, Random } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'

export interface RepositoryState {
  readonly id: number
  readonly installationId: number
  fullName: string
  readonly pulls: Map<number, PullState>
  readonly checkRuns: CheckRunState[]
  /** Anybody may read it. */
  open: boolean
}

export interface PullState {
  readonly number: number
  readonly head: string
  readonly base: string
  readonly open: boolean
}

export interface AnnotationState {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly start_column?: number
  readonly end_column?: number
  readonly annotation_level: string
  readonly title?: string
  readonly message: string
}

export interface CheckRunState {
  readonly id: number
  readonly name: string
  readonly head_sha: string
  readonly external_id: string
  readonly status: string
  readonly conclusion: string | null
  readonly started_at: string
  readonly completed_at: string | null
  readonly title: string
  readonly summary: string
  readonly annotations: readonly AnnotationState[]
}

export type Permissions = Readonly<Record<string, string>>

export interface TokenState {
  readonly value: string
  readonly installationId: number
  readonly repositories: readonly RepositoryState[]
  readonly permissions: Permissions
  /** Epoch milliseconds. */
  readonly until: number
}

/** What the App is made with, see docs/github.md; `metadata` every App has. */
export const appPermissions: Permissions = {
  contents: 'write',
  checks: 'write',
  pull_requests: 'read',
  metadata: 'read',
}
const tokenMilliseconds = 3600_000

export function gitHubState({ clock, random, appId }: StateOptions) {
  const repositories = new Map<number, RepositoryState>()
  const tokens = new Map<string, TokenState>()
  const permissions = new Map<number, Permissions>()
  /** Old names, which redirect. */
  const moved = new Map<string, RepositoryState>()
  let ids = 0
  const existing = (id: number) => {
    const found = repositories.get(id)
    if (found) return found
    throw new Terminal(`the stand-in of GitHub has no repository ${id}`)
  }
  const state = {
    host: '',
    appId,
    now: () => clock.now(),
    time: () => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    api: () => `${state.host}/api/v3`,
    nextId: () => ++ids,
    cloneUrl: (fullName: string) => `${state.host}/${fullName}.git`,
    repository: (id: number): RepositoryState | undefined => repositories.get(id),
    named: (fullName: string) => [...repositories.values()].find((one) => sameName(one.fullName, fullName)),
    movedFrom: (fullName: string) => moved.get(fullName.toLowerCase()),
    installation: (id: number): Permissions | undefined => permissions.get(id),
    repositoriesOf: (id: number) => [...repositories.values()].filter(({ installationId }) => installationId === id),
    addRepository({ installationId, repositoryId, fullName }: AddedRepository) {
      const added = { id: repositoryId, installationId, fullName, pulls: new Map(), checkRuns: [], open: false }
      if (!repositories.has(repositoryId)) repositories.set(repositoryId, added)
      if (!permissions.has(installationId)) permissions.set(installationId, appPermissions)
      moved.delete(fullName.toLowerCase())
      return { url: state.cloneUrl(fullName) }
    },
    renameRepository(id: number, fullName: string): string {
      const repository = existing(id)
      const old = repository.fullName
      moved.set(old.toLowerCase(), repository)
      repository.fullName = fullName
      return old
    },
    openToAll: (id: number) => {
      existing(id).open = true
    },
    addPullRequest(id: number, pull: PullState): RepositoryState {
      const repository = existing(id)
      repository.pulls.set(pull.number, pull)
      return repository
    },
    permit: (id: number, granted: Permissions) => void permissions.set(id, { metadata: 'read', ...granted }),
    uninstall: (id: number) => {
      permissions.delete(id)
      for (const token of tokens.values()) if (token.installationId === id) tokens.delete(token.value)
    },
    endTokens: () => tokens.clear(),
    addToken(token: Pick<TokenState, 'installationId' | 'repositories' | 'permissions'>): TokenState {
      const value = `ghs_${Buffer.from(random.bytes(27)).toString('base64url')}`
      const added = { ...token, value, until: clock.now() + tokenMilliseconds }
      tokens.set(value, added)
      return added
    },
    token(value: string): TokenState | undefined {
      const found = tokens.get(value)
      return found && found.until > clock.now() ? found : undefined
    },
  }
  return state
}

export type GitHubState = ReturnType<typeof gitHubState>

interface StateOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  readonly appId: string
}

interface AddedRepository {
  readonly installationId: number
  readonly repositoryId: number
  readonly fullName: string
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
