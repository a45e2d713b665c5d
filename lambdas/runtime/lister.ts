import type { ClusterRepositoryWriter } from '../../domain/git.ts'
import { gitClusterRepositoryLister } from '../../git/list.ts'
import { once } from '../core.ts'
import { coreRuntime } from './core.ts'
import { gitRuntime } from './remote.ts'

/** Cluster repositories, for those who only look; with clones that the instance keeps. */
export const listerRuntime = once(async (): Promise<Pick<ClusterRepositoryWriter, 'list'>> => {
  const { config } = await coreRuntime()
  return gitClusterRepositoryLister({ remote: await gitRuntime(), directory: config.FAIRWAY_SCRATCH })
})
