import { RetryLater } from '../../domain/errors.ts'
import { reveal, type SecretValue } from '../../domain/secret.ts'
import {
  createToken,
  type RepositoryKey,
  type RepositoryToken,
  type TokenOptions,
  type TokenPermissions,
} from './token.ts'

export interface Tokens {
  /** `refused`: a token that was not accepted, or whose address is not right any more; it is not handed out again. */
  get(repository: RepositoryKey, permissions: TokenPermissions, refused?: SecretValue): Promise<RepositoryToken>
  isFresh(token: RepositoryToken): boolean
}

/** Longer than any function runs, so that no request starts with a token that ends under way. */
const margin = 5 * 60_000
/** A token is not known everywhere at once; and for so long nobody has taken a repository's old name. */
const fresh = 30_000
/** Repositories that one instance keeps tokens of. */
const most = 2000

/** Tokens of installations, each asked for once however many wait for it, and kept until shortly before they end. */
export function repositoryTokens(options: TokenOptions): Tokens {
  const { clock } = options
  const known = new Map<string, Promise<RepositoryToken>>()
  const make = (key: string, repository: RepositoryKey, permissions: TokenPermissions) => {
    const made = createToken(options, repository, permissions)
    known.delete(key)
    known.set(key, made)
    // An error is not kept, and concerns whoever waits for it.
    made.catch(() => known.get(key) === made && known.delete(key))
    for (const oldest of known.keys()) if (known.size > most) known.delete(oldest)
    return made
  }
  const isFresh = (token: RepositoryToken) => clock.now() - token.madeAt < fresh
  const tokens: Tokens = {
    isFresh,
    async get(repository, permissions, refused) {
      const key = JSON.stringify([repository, permissions])
      const pending = known.get(key)
      if (pending === undefined) return make(key, repository, permissions)
      const kept = await pending
      // Somebody else who waited has just asked for another one.
      if (known.get(key) !== pending) return tokens.get(repository, permissions, refused)
      if (clock.now() >= kept.expiresAt - margin) return make(key, repository, permissions)
      if (refused === undefined || reveal(refused) !== reveal(kept.value)) return kept
      if (!isFresh(kept)) return make(key, repository, permissions)
      throw new RetryLater('GitHub does not know the token yet that it made just now', {
        notBefore: clock.now() + fresh,
      })
    },
  }
  return tokens
}
