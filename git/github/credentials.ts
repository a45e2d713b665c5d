import type { GitCredentials } from '../../domain/git.ts'
import type { GitHubApp } from './app.ts'
import { repositoryAt } from './host.ts'

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation#about-authentication-as-a-github-app-installation */
export const appUser = 'x-access-token'

const permissions = { contents: 'write' } as const

/**
 * The App's token for a cluster repository on its host. What somebody configured for exactly these URLs comes first: it
 * was there before the App, or is there because this repository shall be written in another name.
 */
export function githubCredentials(app: GitHubApp, configured: GitCredentials): GitCredentials {
  return async (url, refused) => {
    const known = await configured(url, refused)
    if (known !== undefined) return known
    const repository = repositoryAt(app.host, url)
    if (repository === undefined || (await app.id()) === undefined) return undefined
    const token = await app.tokens.get(repository, permissions, refused)
    return { username: appUser, password: token.value }
  }
}
