import { systemClock } from '../../domain/effects.ts'
import type { SourceHeads, SourceReader } from '../../domain/git.ts'
import { githubSourceHeads } from '../../git/github/heads.ts'
import { githubSourceReader } from '../../git/github/source.ts'
import { gitSourceHeads } from '../../git/heads.ts'
import { gitSourceReader } from '../../git/read.ts'
import { gitRemote } from '../../git/remote.ts'
import { once } from '../core.ts'
import { configuredRuntime } from './gitcredentials.ts'
import { githubRuntime } from './github.ts'

/** Sources: of type `github` through the App, of type `git` with the installation's credentials and no other. */
export const readerRuntime = once(async (): Promise<SourceReader> => {
  const remote = gitRemote({ clock: systemClock, credentials: await configuredRuntime() })
  return githubSourceReader({
    app: await githubRuntime(),
    plain: gitSourceReader({ remote }),
    clock: systemClock,
  })
})

/** The same sources' heads. A host that is silent is given up on soon: there are many others to ask in one call. */
export const headsRuntime = once(async (): Promise<SourceHeads> => {
  const remote = gitRemote({ clock: systemClock, credentials: await configuredRuntime(), timeout: 10_000 })
  return githubSourceHeads({ app: await githubRuntime(), plain: gitSourceHeads({ remote }) })
})
