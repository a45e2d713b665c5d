import { RetryLater } from '../../domain/errors.ts'
import { Refusal } from './answer.ts'
import { githubApi, type GitHubApiOptions, type GitHubRequest } from './api.ts'
import { hostOf } from './host.ts'
import { type AppSecret, type SignedCall, signedCall } from './signed.ts'
import type { RepositoryKey, RepositoryToken, TokenPermissions } from './token.ts'
import { repositoryTokens, type Tokens } from './tokens.ts'

/** One GitHub App, and its tokens for the life of the instance. */
export interface GitHubApp {
  /** Origin of clone URLs. */
  readonly host: string
  readonly tokens: Tokens
  /** In the App's own name. */
  readonly signed: SignedCall
  /** Undefined: there is no App. */
  id(): Promise<string | undefined>
  /**
   * One call with a token for that repository. What is refused to an older token is asked once more with a new one: it
   * may have ended early, or the repository may have another name now. Throws Refusal besides Fairway's errors.
   */
  call<Answer>(
    repository: RepositoryKey,
    permissions: TokenPermissions,
    request: (token: RepositoryToken) => GitHubRequest<Answer>,
  ): Promise<Answer>
}

export function githubApp(options: GitHubApiOptions & AppSecret): GitHubApp {
  const { base, clock, key } = options
  const api = githubApi(options)
  const signed = signedCall(api, options)
  const host = hostOf(base)
  const tokens = repositoryTokens({ signed, host, clock })
  return {
    host,
    tokens,
    signed,
    id: async () => (await key())?.appId,
    async call(repository, permissions, request) {
      const kept = await tokens.get(repository, permissions)
      try {
        return await api(request(kept), kept.value)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        if (tokens.isFresh(kept)) throw settled(error)
      }
      const renewed = await tokens.get(repository, permissions, kept.value)
      return api(request(renewed), renewed.value).catch((error: unknown) => {
        throw error instanceof Refusal ? settled(error) : error
      })
    },
  }
}

/** A new token that is refused, and an address that was right just now, settle by themselves. */
function settled(refusal: Refusal): Refusal | RetryLater {
  const passing = refusal.status === 401 || (refusal.status >= 300 && refusal.status < 400)
  return passing ? new RetryLater(`GitHub does not know its own answer of just now yet (${refusal.status})`) : refusal
}
