import type { Clock, Random } from '../domain/effects.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter, CommitResult, GroupRequest } from '../domain/git.ts'
import { zeroId } from './blob.ts'
import { type Clone, cloneKey } from './clone.ts'
import { commitTo, only } from './commit.ts'
import { type Author, parseCommit, serializeCommit } from './commitobject.ts'
import { readOwned, treeOf, writeChanges } from './edit.ts'
import { withIntactClone } from './intact.ts'
import { listing } from './list.ts'
import { type Objects, objectsIn } from './objects.ts'
import { keyedQueue } from './queue.ts'
import { push } from './receivepack.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'
import type { Repository } from './repository.ts'
import { alone, branchRef, checkRequest } from './request.ts'
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
 * Writes over git smart HTTP, without a checkout. Round trips of a commit on a warm clone: 2 when nobody else wrote
 * (refs, push), 3 when somebody did (refs, fetch, push), 1 when nothing changes; the first one on a cold clone takes 3.
 * `unchanged` in an empty repository names the zero id.
 */
export function gitClusterRepositoryWriter(options: ClusterRepositoryWriterOptions): ClusterRepositoryWriter {
  const clones = warmClones(options.remote, options.directory, { ...defaultWarmLimits, ...options.limits }, objectsIn)
  const inTurn = keyedQueue()
  async function commitGroup(request: GroupRequest): Promise<readonly CommitResult[]> {
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
  }
  return {
    commit: async (request) => only(await commitGroup(alone(request))),
    commitGroup,
    list: listing(clones, inTurn),
  }
}

function repositoryOf(
  options: ClusterRepositoryWriterOptions,
  clones: WarmClones<Objects>,
  target: ClusterRepositoryTarget,
  ref: string,
): Repository {
  let current: Clone<Objects> | undefined
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
