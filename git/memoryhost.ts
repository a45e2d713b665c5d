import { createHash } from 'node:crypto'
import { Terminal } from '../domain/errors.ts'
import { blobId } from './blob.ts'
import { bytePath, modes } from './tree.ts'

/** A git host in memory, for simulations: repositories with branches, commits and files, and faults on order. */
export interface MemoryGitHost {
  /** An empty repository whose default branch is `main`. Creating it again changes nothing. */
  create(url: string): void
  repository(url: string): MemoryRepository
  /** Called before each look at a repository and each push: may write to the host (a race), or throw (an outage). */
  intercept: ((operation: MemoryOperation) => Promise<MemoryFault | undefined>) | undefined
}

interface MemoryOperation {
  readonly kind: 'look' | 'push'
  readonly url: string
}

/** `lose-answer`: the push is applied, and nobody hears of it. */
export type MemoryFault = { readonly fault: 'lose-answer' } | { readonly fault: 'decline'; readonly reason: string }

export interface MemoryFile {
  readonly mode: string
  readonly id: string
  readonly content: Buffer
}

export interface MemoryCommit {
  readonly id: string
  readonly parents: readonly string[]
  readonly message: string
  /** By path in git's bytes. */
  readonly files: ReadonlyMap<string, MemoryFile>
}

export interface MemoryRepository {
  readonly url: string
  readonly defaultBranch: string
  readonly branches: ReadonlyMap<string, string>
  /** Commit that a full ref stands for: a branch's, or one that was made with `point`. */
  ref(name: string): string | undefined
  /** What a host does for a pull request: `refs/pull/7/head` stands for a commit that is here already. */
  point(ref: string, commit: string): void
  commit(id: string): MemoryCommit | undefined
  /** False when the branch is not at `old` (undefined: does not exist). */
  compareAndSwap(branch: string, old: string | undefined, commit: MemoryCommit): boolean
  /** Somebody else's commit, on top of the branch. Undefined removes a file. */
  write(branch: string, changes: Readonly<Record<string, string | MemoryFile | undefined>>, message: string): string
}

const headsPrefix = 'refs/heads/'

export function memoryGitHost(): MemoryGitHost {
  const repositories = new Map<string, MemoryRepository>()
  return {
    create(url) {
      if (!repositories.has(url)) repositories.set(url, memoryRepository(url))
    },
    repository(url) {
      const found = repositories.get(url)
      if (found) return found
      throw new Terminal(`${url} was not found`, { fix: 'check the URL' })
    },
    intercept: undefined,
  }
}

export function memoryFile(content: string | Uint8Array, mode: string = modes.file): MemoryFile {
  const bytes = Buffer.from(typeof content === 'string' ? Buffer.from(content, 'utf8') : content)
  return { mode, id: blobId(bytes), content: bytes }
}

/** Equal content, parents and message are the same commit, as in git. */
export function memoryCommit(
  parent: MemoryCommit | undefined,
  changes: ReadonlyMap<string, MemoryFile | undefined>,
  message: string,
): MemoryCommit {
  const files = new Map(parent?.files)
  for (const [path, file] of changes) {
    if (file === undefined) files.delete(path)
    else files.set(path, file)
  }
  const parents = parent === undefined ? [] : [parent.id]
  const described = [...changes].map(([path, file]) => [path, file?.mode, file?.id].join('\0')).toSorted()
  const id = createHash('sha1')
    .update(JSON.stringify([parents, described, message]))
    .digest('hex')
  return { id, parents, message, files }
}

function memoryRepository(url: string): MemoryRepository {
  const branches = new Map<string, string>()
  const commits = new Map<string, MemoryCommit>()
  const refs = new Map<string, string>()
  const repository: MemoryRepository = {
    url,
    defaultBranch: 'main',
    branches,
    ref: (name) => (name.startsWith(headsPrefix) ? branches.get(name.slice(headsPrefix.length)) : refs.get(name)),
    point: (ref, commit) => void refs.set(ref, commit),
    commit: (id) => commits.get(id),
    compareAndSwap(branch, old, commit) {
      if (branches.get(branch) !== old) return false
      commits.set(commit.id, commit)
      branches.set(branch, commit.id)
      return true
    },
    write(branch, changes, message) {
      const old = branches.get(branch)
      const files = Object.entries(changes).map(
        ([path, file]) => [bytePath(path), typeof file === 'string' ? memoryFile(file) : file] as const,
      )
      const commit = memoryCommit(old === undefined ? undefined : commits.get(old), new Map(files), message)
      repository.compareAndSwap(branch, old, commit)
      return commit.id
    },
  }
  return repository
}
