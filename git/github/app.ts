import { RetryLater } from '../../domain/errors.ts'
import type { SecretValue } from '../../domain/secret.ts'
import { Refusal } from './answer.ts'
import { type GitHubApi, githubApi, type GitHubApiOptions, type GitHubRequest } from './api.ts'
import { graphqlOf, hostOf } from './host.ts'
import { type AppSecret, type SignedCall, signedCall } from './signed.ts'
import type { AccessToken, RepositoryKey, RepositoryToken, TokenPermissions } from './token.ts'
import { installationTokens, repositoryTokens, type Tokens } from './tokens.ts'

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
  /** The same for one GraphQL query about repositories of an installation, with a token for all of them. */
  graphql<Answer>(installation: number, permissions: TokenPermissions, query: GraphQlQuery<Answer>): Promise<Answer>
}

export interface GraphQlQuery<Answer> extends Pick<GitHubRequest<Answer>, 'answer' | 'what'> {
  readonly query: string
  readonly variables: Readonly<Record<string, string>>
}

export function githubApp(options: GitHubApiOptions & AppSecret): GitHubApp {
  const { base, clock, key } = options
  const api = githubApi(options)
  const signed = signedCall(api, options)
  const host = hostOf(base)
  const tokens = repositoryTokens({ signed, host, clock })
  const wide = installationTokens({ signed, host, clock })
  return {
    host,
    tokens,
    signed,
    id: async () => (await key())?.appId,
    call: (repository, permissions, request) =>
      calling(api, tokens, (refused) => tokens.get(repository, permissions, refused), request),
    graphql: (installation, permissions, { query, variables, answer, what }) =>
      calling(
        api,
        wide,
        (refused) => wide.get(installation, permissions, refused),
        () => ({
          route: `POST ${graphqlOf(base)}`,
          parameters: { query, variables },
          answer,
          what,
        }),
      ),
  }
}

async function calling<Token extends AccessToken, Answer>(
  api: GitHubApi,
  { isFresh }: Pick<Tokens<never, Token>, 'isFresh'>,
  get: (refused?: SecretValue) => Promise<Token>,
  request: (token: Token) => GitHubRequest<Answer>,
): Promise<Answer> {
  const kept = await get()
  try {
    return await api(request(kept), kept.value)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (isFresh(kept)) throw settled(error)
  }
  const renewed = await get(kept.value)
  return api(request(renewed), renewed.value).catch((error: unknown) => {
    throw error instanceof Refusal ? settled(error) : error
  })
}

/** A new token that is refused, and an address that was right just now, settle by themselves. */
function settled(refusal: Refusal): Refusal | RetryLater {
  const passing = refusal.status === 401 || (refusal.status >= 300 && refusal.status < 400)
  return passing ? new RetryLater(`GitHub does not know its own answer of just now yet (${refusal.status})`) : refusal
}
