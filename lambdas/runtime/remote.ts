import { systemClock } from '../../domain/effects.ts'
import { githubCredentials } from '../../git/github/credentials.ts'
import { gitRemote, type GitRemote } from '../../git/remote.ts'
import { once } from '../core.ts'
import { configuredRuntime } from './gitcredentials.ts'
import { githubRuntime } from './github.ts'

/** Cluster repositories: with the installation's credentials, or the App's token. */
export const gitRuntime = once(async (): Promise<GitRemote> => {
  const credentials = githubCredentials(await githubRuntime(), await configuredRuntime())
  return gitRemote({ clock: systemClock, credentials })
})
