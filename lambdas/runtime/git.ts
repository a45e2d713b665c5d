import { systemClock } from '../../domain/effects.ts'
import type { SourceReader } from '../../domain/git.ts'
import { githubCredentials } from '../../git/github/credentials.ts'
import { githubSourceReader } from '../../git/github/source.ts'
import { gitSourceReader } from '../../git/read.ts'
import { gitRemote, type GitRemote } from '../../git/remote.ts'
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

/** Cluster repositories: with the installation's credentials, or the App's token. */
export const gitRuntime = once(async (): Promise<GitRemote> => {
  const credentials = githubCredentials(await githubRuntime(), await configuredRuntime())
  return gitRemote({ clock: systemClock, credentials })
})
