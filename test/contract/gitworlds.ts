import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, Random } from '../../domain/effects.ts'
import { RetryLater } from '../../domain/errors.ts'
import type { ClusterRepositoryWriter, SourceHeads, SourceReader } from '../../domain/git.ts'
import { memoryClusterRepositoryWriter, memorySourceHeads, memorySourceReader } from '../../git/memory.ts'
import { memoryFile, memoryGitHost, type MemoryFault } from '../../git/memoryhost.ts'
import { gitSourceHeads } from '../../git/heads.ts'
import { gitSourceReader } from '../../git/read.ts'
import { gitRemote } from '../../git/remote.ts'
import type { ManifestLimits } from '../../git/select.ts'
import type { WarmLimits } from '../../git/warm.ts'
import { gitClusterRepositoryWriter } from '../../git/write.ts'
import { createBareRepository, type GitFault, type GitOperation, startGitServer } from '../../local/git.ts'
import { gitText, type NativeChange, nativeCommit, nativeFiles, nativeLog } from './gitnative.ts'

interface WriterOptions {
  readonly attempts?: number
  readonly limits?: Partial<WarmLimits>
  /** Real only: kept clones of an earlier writer. */
  readonly directory?: string
}

/** A git host with other people on it, in memory or behind `git http-backend`. */
export interface GitWorld {
  readonly clock: Clock
  reader(limits?: Partial<ManifestLimits>): SourceReader
  heads(): SourceHeads
  /** Each one with clones of its own, as another process has. */
  writer(options?: WriterOptions): ClusterRepositoryWriter
  /** An empty repository; returns its URL. */
  create(name: string): Promise<string>
  /** A commit of somebody else. */
  write(url: string, changes: Readonly<Record<string, NativeChange>>, branch?: string): Promise<string>
  /** As a host does for a pull request: the full ref stands for that commit. */
  point(url: string, ref: string, commit: string): Promise<void>
  files(url: string): Promise<Record<string, string>>
  log(
    url: string,
  ): Promise<readonly { readonly id: string; readonly parents: readonly string[]; readonly message: string }[]>
  /** Called before each push reaches the server. */
  beforePush: (() => Promise<void>) | undefined
  /** Called before each look at a repository's refs. */
  beforeLook: (() => Promise<void>) | undefined
  /** Pushes that are applied without anybody hearing of it. */
  lostAnswers: number
  /** Looks at the repository that are answered with 503 and Retry-After: 30. */
  outages: number
  decline(url: string): Promise<void>
  close(): Promise<void>
}

export interface RealGitWorld extends GitWorld {
  readonly server: string
  readonly root: string
  /** Called before each request is looked at. */
  beforeRequest: (() => Promise<void>) | undefined
  /** What the server was asked for since the last time, in order: refs, upload-pack, receive-pack. */
  requests(): readonly string[]
  path(url: string): string
  directory(): Promise<string>
}

export const random: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 }

/** Time that passes only by sleeping. */
export function steppedClock(): Clock {
  let now = Date.UTC(2026, 10, 20)
  return {
    now: () => now,
    async sleep(milliseconds) {
      now += milliseconds
    },
  }
}

export async function realGitWorld(): Promise<RealGitWorld> {
  const root = await mkdtemp(join(tmpdir(), 'fairway-git-'))
  const clock = steppedClock()
  const operations: GitOperation[] = []
  let clones = 0
  const server = await startGitServer({
    root: join(root, 'repositories'),
    async intercept(operation): Promise<GitFault | undefined> {
      operations.push(operation)
      await world.beforeRequest?.()
      if (operation.phase === 'refs') await world.beforeLook?.()
      if (operation.phase === 'refs' && take(world, 'outages')) {
        return { fault: 'status', status: 503, headers: { 'retry-after': '30' } }
      }
      if (operation.service !== 'receive-pack' || operation.phase !== 'exchange') return undefined
      await world.beforePush?.()
      return take(world, 'lostAnswers') ? { fault: 'drop-answer' } : undefined
    },
  })
  const remote = gitRemote({ credentials: async () => undefined, clock, timeout: 20_000 })
  const pathOf = (url: string) => join(root, 'repositories', url.slice(server.url.length + 1))
  const world: RealGitWorld = {
    clock,
    server: server.url,
    root,
    requests: () => operations.splice(0).map(({ service, phase }) => (phase === 'refs' ? 'refs' : service)),
    path: pathOf,
    directory: () => mkdtemp(join(root, 'clones-')),
    heads: () => gitSourceHeads({ remote }),
    reader: (limits) => gitSourceReader({ remote, ...(limits && { limits }) }),
    writer: ({ directory, ...options } = {}) =>
      gitClusterRepositoryWriter({
        remote,
        directory: directory ?? join(root, `clones${clones++}`),
        author: { name: 'Fairway', email: 'fairway@example.com' },
        clock,
        random,
        ...options,
      }),
    async create(name) {
      await createBareRepository(join(root, 'repositories'), name)
      return `${server.url}/${name}.git`
    },
    write: (url, changes, branch = 'main') => nativeCommit(pathOf(url), branch, changes, 'by somebody else'),
    point: async (url, ref, commit) => void (await gitText(pathOf(url), 'update-ref', ref, commit)),
    async files(url) {
      const files = await nativeFiles(pathOf(url), 'main').catch(() => new Map())
      return described(files)
    },
    log: (url) => nativeLog(pathOf(url), 'main'),
    beforeRequest: undefined,
    beforePush: undefined,
    beforeLook: undefined,
    lostAnswers: 0,
    outages: 0,
    async decline(url) {
      const hook = join(pathOf(url), 'hooks', 'pre-receive')
      await writeFile(hook, '#!/bin/sh\necho "only on Fridays" >&2\nexit 1\n')
      await chmod(hook, 0o755)
    },
    async close() {
      await server.close()
      await rm(root, { recursive: true, force: true })
    },
  }
  return world
}

export async function memoryGitWorld(): Promise<GitWorld> {
  const clock = steppedClock()
  const host = memoryGitHost()
  const declining = new Set<string>()
  host.intercept = async ({ kind, url }): Promise<MemoryFault | undefined> => {
    if (kind === 'look') {
      await world.beforeLook?.()
      if (take(world, 'outages')) throw new RetryLater(`${url} answered 503`, { notBefore: clock.now() + 30_000 })
      return undefined
    }
    await world.beforePush?.()
    if (declining.has(url)) return { fault: 'decline', reason: 'pre-receive hook declined' }
    return take(world, 'lostAnswers') ? { fault: 'lose-answer' } : undefined
  }
  const world: GitWorld = {
    clock,
    heads: () => memorySourceHeads(host),
    reader: (limits) => memorySourceReader(host, limits),
    writer: ({ attempts } = {}) =>
      memoryClusterRepositoryWriter(host, { clock, random, ...(attempts === undefined ? {} : { attempts }) }),
    async create(name) {
      const url = `https://git.example.com/${name}.git`
      host.create(url)
      return url
    },
    async write(url, changes, branch = 'main') {
      const files = Object.entries(changes).map(
        ([path, change]) =>
          [path, typeof change === 'object' ? memoryFile(change.content, change.mode) : change] as const,
      )
      return host.repository(url).write(branch, Object.fromEntries(files), 'by somebody else\n')
    },
    point: async (url, ref, commit) => host.repository(url).point(ref, commit),
    async files(url) {
      const repository = host.repository(url)
      return described(repository.commit(repository.branches.get('main') ?? '')?.files ?? new Map())
    },
    async log(url) {
      const repository = host.repository(url)
      const commits = []
      let commit = repository.commit(repository.branches.get('main') ?? '')
      for (; commit; commit = repository.commit(commit.parents[0] ?? '')) {
        commits.push({ id: commit.id, parents: commit.parents, message: commit.message })
      }
      return commits
    },
    beforePush: undefined,
    beforeLook: undefined,
    lostAnswers: 0,
    outages: 0,
    async decline(url) {
      declining.add(url)
    },
    async close() {},
  }
  return world
}

/** `100644 text`, by path. */
function described(files: ReadonlyMap<string, { readonly mode: string; readonly content: Buffer }>) {
  return Object.fromEntries(
    [...files].map(([path, { mode, content }]) => [path, `${mode} ${content.toString('latin1')}`]),
  )
}

function take(world: GitWorld, counter: 'lostAnswers' | 'outages'): boolean {
  if (world[counter] === 0) return false
  world[counter]--
  return true
}
