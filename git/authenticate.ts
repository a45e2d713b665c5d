import type { GitCredentials } from '../domain/git.ts'
import type { SecretValue } from '../domain/secret.ts'

export interface KnownCredentials {
  /** A host's URL (`https://git.example.com`), or that of a group of repositories on it (`https://git.example.com/team`). */
  readonly prefix: string
  readonly username: string
  readonly password: SecretValue
}

/**
 * The credentials whose prefix fits a clone URL best. Scheme, host and port are compared as a whole and paths by
 * segments: `https://git.example.com.evil.org` and `/team-b` get nothing of `https://git.example.com` and `/team`.
 */
export function gitCredentials(known: readonly KnownCredentials[]): GitCredentials {
  const prefixes = known
    .map((credentials) => ({ url: new URL(credentials.prefix), credentials }))
    .toSorted((a, b) => segments(b.url).length - segments(a.url).length)
  return async (text) => {
    if (!URL.canParse(text)) return undefined
    const url = new URL(text)
    const found = prefixes.find(({ url: prefix }) => covers(prefix, url))?.credentials
    return found && { username: found.username, password: found.password }
  }
}

function covers(prefix: URL, url: URL): boolean {
  return prefix.origin === url.origin && segments(prefix).every((segment, index) => segments(url)[index] === segment)
}

function segments(url: URL): readonly string[] {
  return url.pathname.split('/').filter((segment) => segment !== '')
}
