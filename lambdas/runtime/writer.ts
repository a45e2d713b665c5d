import { systemClock, systemRandom } from '../../domain/effects.ts'
import type { ClusterRepositoryWriter } from '../../domain/git.ts'
import type { CommitLimits } from '../../domain/handover.ts'
import { gitClusterRepositoryWriter } from '../../git/write.ts'
import type { Config } from '../config.ts'
import { once } from '../core.ts'
import { coreRuntime } from './core.ts'
import { gitRuntime } from './remote.ts'

/** Cluster repositories, with clones that the instance keeps. */
export const writerRuntime = once(async (): Promise<ClusterRepositoryWriter> => {
  const { config } = await coreRuntime()
  return gitClusterRepositoryWriter({
    remote: await gitRuntime(),
    directory: config.FAIRWAY_SCRATCH,
    author: { name: config.FAIRWAY_COMMIT_NAME, email: config.FAIRWAY_COMMIT_EMAIL },
    clock: systemClock,
    random: systemRandom,
  })
})

export function commitLimits(config: Config): CommitLimits {
  return {
    changes: config.FAIRWAY_COMMIT_CHANGES,
    files: config.FAIRWAY_COMMIT_FILES,
    bytes: config.FAIRWAY_COMMIT_BYTES,
    gather: config.FAIRWAY_COMMIT_GATHER_MILLISECONDS,
  }
}
