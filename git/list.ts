import type { ClusterRepositoryWriter } from '../domain/git.ts'
import { cloneKey } from './clone.ts'
import { readOwned, treeOf } from './edit.ts'
import { withIntactClone } from './intact.ts'
import { type ReadableObjects, readableObjectsIn } from './objects.ts'
import { type KeyedQueue, keyedQueue } from './queue.ts'
import type { GitRemote } from './remote.ts'
import { branchRef, checkPaths } from './request.ts'
import { listed } from './tree.ts'
import { defaultWarmLimits, type WarmClones, warmClones } from './warm.ts'

type Lister = Pick<ClusterRepositoryWriter, 'list'>

/** For those who look at cluster repositories and never write there. `directory`: as the writer's, of this one alone. */
export function gitClusterRepositoryLister(options: {
  readonly remote: GitRemote
  readonly directory: string
}): Lister {
  const clones = warmClones(options.remote, options.directory, defaultWarmLimits, readableObjectsIn)
  return { list: listing(clones, keyedQueue()) }
}

export function listing(clones: WarmClones<ReadableObjects>, inTurn: KeyedQueue): Lister['list'] {
  return async (target, paths) => {
    branchRef(target)
    const checked = checkPaths(paths)
    return inTurn(cloneKey(target), () =>
      withIntactClone(clones, target, async () => {
        const { objects, head } = await clones.synchronise(target)
        const { entries } = await readOwned(objects, await treeOf(objects, head), checked)
        return listed(entries)
      }),
    )
  }
}
