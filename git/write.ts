import type { Clock, Random } from '../domain/effects.ts'
import { isFairwayError, RetryLater } from '../domain/errors.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter } from '../domain/git.ts'
import { zeroId } from './blob.ts'
import { type Clone, cloneKey } from './clone.ts'
import { commitTo } from './commit.ts'
import { type Author, parseCommit, serializeCommit } from './commitobject.ts'
import { readOwned, writeChanges } from './edit.ts'
import type { Objects } from './objects.ts'
import { keyedQueue } from './queue.ts'
import { push } from './receivepack.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'
import type { Repository } from './repository.ts'
import { branchRef, checkPaths, checkRequest } from './request.ts'
import { textPath } from './tree.ts'
import { defaultWarmLimits, type WarmClones, warmClones, type WarmLimits } from './warm.ts'

export interface ClusterRepositoryWriterOptions {
  readonly remote: GitRemote
  /** Where warm clones are kept; of this writer alone. */
  readonly directory: string
  readonly author: Author
  readonly clock: Clock
  readonly random: Random
  /** Pushes that one commit may try; 8 when absent. */
  readonly attempts?: number
  readonly limits?: Partial<WarmLimits>
}

/**
 * Writes over git smart HTTP, without a checkout. Round trips of `commit` on a warm clone: 2 when nobody else wrote
 * (refs, push), 3 when somebody did (refs, fetch, push), 1 when nothing changes; the first one on a cold clone takes 3.
 * `unchanged` in an empty repository names the zero id.
 */
export function gitClusterRepositoryWriter(options: ClusterRepositoryWriterOptions): ClusterRepositoryWriter {
  const clones = warmClones(options.remote, options.directory, { ...defaultWarmLimits, ...options.limits })
  const inTurn = keyedQueue()
  return {
    async commit(request) {
      const { target } = request
      const ref = branchRef(target)
      const checked = checkRequest(request)
      const place = `${placeOf(target.url)} (${target.branch})`
      const effects = { clock: options.clock, random: options.random, attempts: options.attempts ?? 8 }
      return inTurn(cloneKey(target), () =>
        withIntactClone(clones, target, () =>
          commitTo(repositoryOf(options, clones, target, ref), place, checked, effects),
        ),
      )
    },
    async list(target, paths) {
      branchRef(target)
      const checked = checkPaths(paths)
      return inTurn(cloneKey(target), () =>
        withIntactClone(clones, target, async () => {
          const { objects, head } = await clones.synchronise(target)
          const { entries } = await readOwned(objects, await treeOf(objects, head), checked)
          return new Map([...entries].map(([path, { id }]) => [textPath(path), id]))
        }),
      )
    },
  }
}

/** What is on disk may be cut off by a killed function or a full disk: it is only a copy, and is made again once. */
async function withIntactClone<Result>(
  clones: WarmClones,
  target: ClusterRepositoryTarget,
  task: () => Promise<Result>,
): Promise<Result> {
  try {
    return await task()
  } catch (error) {
    if (isFairwayError(error)) throw error
    await clones.discard(target)
  }
  try {
    return await task()
  } catch (error) {
    if (isFairwayError(error)) throw error
    await clones.discard(target)
    throw new RetryLater(`the clone of ${placeOf(target.url)} cannot be used`, { cause: error })
  }
}

function repositoryOf(
  options: ClusterRepositoryWriterOptions,
  clones: WarmClones,
  target: ClusterRepositoryTarget,
  ref: string,
): Repository {
  let current: Clone | undefined
  const clone = () => {
    if (current === undefined) throw new Error('the clone was not synchronised')
    return current
  }
  return {
    async synchronise() {
      current = await clones.synchronise(target)
      return current.head
    },
    async owned(commit, paths) {
      const { objects } = clone()
      if (commit !== undefined && (await objects.read(commit)) === undefined) return undefined
      return readOwned(objects, await treeOf(objects, commit), paths)
    },
    history: (commit) => historyOf(clone().objects, commit),
    async propose(parent, changes, message) {
      const { objects } = clone()
      const { tree, written } = await writeChanges(objects, await treeOf(objects, parent), changes)
      const content = serializeCommit(
        { tree, parents: parent === undefined ? [] : [parent], message },
        options.author,
        options.clock.now(),
      )
      const commit = await objects.write('commit', content)
      return { commit, parent, objects: [...written, commit] }
    },
    async push({ commit, parent, objects }) {
      const answer = await push(options.remote, {
        url: target.url,
        ref,
        old: parent ?? zeroId,
        new: commit,
        pack: await clone().objects.pack(objects),
      })
      if (answer.outcome === 'applied') await clone().advance(commit, clone().shallow)
      return answer
    },
  }
}

async function treeOf(objects: Objects, commit: string | undefined): Promise<string | undefined> {
  if (commit === undefined) return undefined
  const found = await objects.read(commit)
  if (found?.type !== 'commit') throw new Error(`the commit ${commit} is not in the clone`)
  return parseCommit(found.content).tree
}

/** Breadth first; ends where the clone ends. */
async function* historyOf(objects: Objects, from: string) {
  const seen = new Set([from])
  const queue = [from]
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const found = await objects.read(id)
    if (found?.type !== 'commit') continue
    const commit = parseCommit(found.content)
    yield { id, ...commit }
    for (const parent of commit.parents) {
      if (!seen.has(parent)) queue.push(parent)
      seen.add(parent)
    }
  }
}
