import { systemClock, systemRandom } from '../../domain/effects.ts'
import { gitClusterRepositoryWriter } from '../../git/write.ts'
import { once } from '../core.ts'
import type { CommitRuntime } from '../commit/handler.ts'
import { coreRuntime } from './core.ts'
import { gitRuntime } from './git.ts'
import { rendering } from './rendering.ts'

export const commitRuntime = once(async (): Promise<CommitRuntime> => {
  const core = await coreRuntime()
  const { config } = core
  const writer = gitClusterRepositoryWriter({
    remote: await gitRuntime(),
    directory: config.FAIRWAY_SCRATCH,
    author: { name: config.FAIRWAY_COMMIT_NAME, email: config.FAIRWAY_COMMIT_EMAIL },
    clock: systemClock,
    random: systemRandom,
  })
  return { ...core, ...rendering, writer }
})
