import type { Clock, Random } from '../domain/effects.ts'
import { RetryLater, Terminal, toFailure } from '../domain/errors.ts'
import type {
  ClusterRepositoryTarget,
  ClusterRepositoryWriter,
  CommitResult,
  GroupRequest,
  SourceHead,
  SourceHeads,
  SourceReader,
} from '../domain/git.ts'
import { isUnder } from '../domain/paths.ts'
import { commitTo, only } from './commit.ts'
import { type MemoryCommit, memoryCommit, memoryFile, type MemoryGitHost, type MemoryRepository } from './memoryhost.ts'
import type { Owned } from './plan.ts'
import { keyedQueue } from './queue.ts'
import type { Repository } from './repository.ts'
import { alone, branchRef, checkPaths, checkRequest, properPrefixes, shortName } from './request.ts'
import { defaultManifestLimits, emptyRepository, type ManifestLimits, selectManifests } from './select.ts'
import { listed, modes, type TreeEntry } from './tree.ts'

/** The twin of `gitSourceReader`. */
export function memorySourceReader(host: MemoryGitHost, limits: Partial<ManifestLimits> = {}): SourceReader {
  const snapshot = async (commit: MemoryCommit, branch: string) => {
    const tree = {
      root: entriesUnder(commit, ''),
      children: async (directory: TreeEntry) => entriesUnder(commit, `${directory.name}/`),
      content: async (file: TreeEntry) => [...commit.files.values()].find(({ id }) => id === file.id)?.content,
    }
    return { commit: commit.id, branch, ...(await selectManifests(tree, { ...defaultManifestLimits, ...limits })) }
  }
  return {
    async read({ url }, known) {
      const repository = await look(host, url)
      const branch = repository.defaultBranch
      const commit = repository.commit(repository.branches.get(branch) ?? '')
      if (commit === undefined) throw emptyRepository(url)
      return commit.id === known ? 'unchanged' : snapshot(commit, branch)
    },
    async readRef({ url }, ref) {
      const repository = await look(host, url)
      const commit = repository.commit(repository.ref(ref) ?? '')
      return commit && snapshot(commit, shortName(ref))
    },
  }
}

/** The twin of `gitSourceHeads` and `githubSourceHeads`: one look for all. */
export function memorySourceHeads(host: MemoryGitHost): SourceHeads {
  return {
    async heads(sources) {
      const found = sources.map(async ({ name, location: { url } }): Promise<[string, SourceHead]> => {
        try {
          const repository = await look(host, url)
          const head = repository.branches.get(repository.defaultBranch)
          return [name, head === undefined ? {} : { head }]
        } catch (error) {
          return [name, { failure: toFailure(error) }]
        }
      })
      return new Map(await Promise.all(found))
    },
  }
}

/** The twin of `gitClusterRepositoryWriter`: the same loop and the same planning, on maps. */
export function memoryClusterRepositoryWriter(
  host: MemoryGitHost,
  options: { readonly clock: Clock; readonly random: Random; readonly attempts?: number },
): ClusterRepositoryWriter {
  const inTurn = keyedQueue()
  const effects = { clock: options.clock, random: options.random, attempts: options.attempts ?? 8 }
  async function commitGroup(request: GroupRequest): Promise<readonly CommitResult[]> {
    const { target } = request
    branchRef(target)
    const checked = checkRequest(request)
    return inTurn(`${target.url} ${target.branch}`, () =>
      commitTo(memoryBranch(host, target), `${target.url} (${target.branch})`, checked, effects),
    )
  }
  return {
    commit: async (request) => only(await commitGroup(alone(request))),
    commitGroup,
    async list(target, paths) {
      branchRef(target)
      const checked = checkPaths(paths)
      const head = await memoryBranch(host, target).synchronise()
      const commit = host.repository(target.url).commit(head ?? '')
      return listed(ownedIn(commit, checked).entries)
    },
  }
}

function memoryBranch(host: MemoryGitHost, target: ClusterRepositoryTarget): Repository {
  const proposals = new Map<string, MemoryCommit>()
  const commitOf = (id: string | undefined) =>
    id === undefined ? undefined : (proposals.get(id) ?? host.repository(target.url).commit(id))
  return {
    async synchronise() {
      const { branches } = await look(host, target.url)
      const head = branches.get(target.branch)
      if (head === undefined && branches.size > 0) {
        throw new Terminal(`${target.url} has no branch ${target.branch}`, {
          fix: 'create the branch, or correct the branch in the Cluster’s repository',
        })
      }
      return head
    },
    owned: async (commit, paths) => ownedIn(commitOf(commit), paths),
    async *history(from) {
      for (let commit = commitOf(from); commit; commit = commitOf(commit.parents[0])) yield { ...commit, tree: '' }
    },
    async propose(parent, changes, message) {
      const files = [...changes].map(([path, file]) => [path, file && memoryFile(file.content)] as const)
      const commit = memoryCommit(commitOf(parent), new Map(files), message)
      proposals.set(commit.id, commit)
      return { commit: commit.id, parent, objects: [] }
    },
    async push({ commit, parent }) {
      const fault = await host.intercept?.({ kind: 'push', url: target.url })
      if (fault?.fault === 'decline') return { outcome: 'declined', reason: fault.reason }
      const proposed = proposals.get(commit)
      const applied = proposed && host.repository(target.url).compareAndSwap(target.branch, parent, proposed)
      if (fault?.fault === 'lose-answer') throw new RetryLater(`${target.url} did not report on the push`)
      return applied ? { outcome: 'applied' } : { outcome: 'rejected', reason: 'the branch moved' }
    },
  }
}

async function look(host: MemoryGitHost, url: string): Promise<MemoryRepository> {
  await host.intercept?.({ kind: 'look', url })
  return host.repository(url)
}

function ownedIn(commit: MemoryCommit | undefined, paths: readonly string[]): Owned {
  const files = [...(commit?.files ?? [])]
  const entries = files.filter(([path]) => paths.some((owned) => isUnder(path, owned)))
  const blocked = paths.flatMap((path) => {
    const blocking = properPrefixes(path).find((prefix) => commit?.files.has(prefix))
    return blocking === undefined ? [] : [[path, blocking] as const]
  })
  return { entries: new Map(entries), blocked: new Map(blocked) }
}

/** One directory of a commit, as a tree would show it. */
function entriesUnder(commit: MemoryCommit, prefix: string): readonly TreeEntry[] {
  const entries = new Map<string, TreeEntry>()
  for (const [path, { mode, id }] of commit.files) {
    if (!path.startsWith(prefix)) continue
    const [name = '', ...below] = path.slice(prefix.length).split('/')
    entries.set(name, below.length > 0 ? { mode: modes.directory, name, id: '' } : { mode, name, id })
  }
  return [...entries.values()]
}
