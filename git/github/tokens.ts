import type { Clock } from '../../domain/effects.ts'
import { RetryLater } from '../../domain/errors.ts'
import { reveal, type SecretValue } from '../../domain/secret.ts'
import {
  type AccessToken,
  createInstallationToken,
  createToken,
  type RepositoryKey,
  type RepositoryToken,
  type TokenOptions,
  type TokenPermissions,
} from './token.ts'

export interface Tokens<Key = RepositoryKey, Token extends AccessToken = RepositoryToken> {
  /** `refused`: a token that was not accepted, or whose address is not right any more; it is not handed out again. */
  get(key: Key, permissions: TokenPermissions, refused?: SecretValue): Promise<Token>
  isFresh(token: Token): boolean
}

/** Longer than any function runs, so that no request starts with a token that ends under way. */
const margin = 5 * 60_000
/** A token is not known everywhere at once; and for so long nobody has taken a repository's old name. */
const fresh = 30_000
/** Repositories that one instance keeps tokens of. */
const most = 2000

/** Each for one repository. */
export function repositoryTokens(options: TokenOptions): Tokens {
  return keptTokens((repository, permissions) => createToken(options, repository, permissions), options.clock)
}

/** Each for all repositories of an installation, by its id. */
export function installationTokens(options: TokenOptions): Tokens<number, AccessToken> {
  return keptTokens((id, permissions) => createInstallationToken(options, id, permissions), options.clock)
}

/** Tokens of installations, each asked for once however many wait for it, and kept until shortly before they end. */
function keptTokens<Key, Token extends AccessToken>(
  create: (key: Key, permissions: TokenPermissions) => Promise<Token>,
  clock: Pick<Clock, 'now'>,
): Tokens<Key, Token> {
  const known = new Map<string, Promise<Token>>()
  const make = (name: string, key: Key, permissions: TokenPermissions) => {
    const made = create(key, permissions)
    known.delete(name)
    known.set(name, made)
    // An error is not kept, and concerns whoever waits for it.
    made.catch(() => known.get(name) === made && known.delete(name))
    for (const oldest of known.keys()) if (known.size > most) known.delete(oldest)
    return made
  }
  const isFresh = (token: Token) => clock.now() - token.madeAt < fresh
  const tokens: Tokens<Key, Token> = {
    isFresh,
    async get(key, permissions, refused) {
      const name = JSON.stringify([key, permissions])
      const pending = known.get(name)
      if (pending === undefined) return make(name, key, permissions)
      const kept = await pending
      // Somebody else who waited has just asked for another one.
      if (known.get(name) !== pending) return tokens.get(key, permissions, refused)
      if (clock.now() >= kept.expiresAt - margin) return make(name, key, permissions)
      if (refused === undefined || reveal(refused) !== reveal(kept.value)) return kept
      if (!isFresh(kept)) return make(name, key, permissions)
      throw new RetryLater('GitHub does not know the token yet that it made just now', {
        notBefore: clock.now() + fresh,
      })
    },
  }
  return tokens
}
