import * as z from 'zod'
import type { Clock } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import { SecretValue } from '../../domain/secret.ts'
import { Refusal } from './answer.ts'
import { assertHost } from './host.ts'
import type { SignedCall } from './signed.ts'

/** One repository: by the ids of a Source, or by the address of a cluster repository. */
export type RepositoryKey =
  { readonly installationId: number; readonly repositoryId: number } | { readonly owner: string; readonly name: string }

export type TokenPermissions = Readonly<Partial<Record<'contents' | 'checks' | 'pull_requests', 'read' | 'write'>>>

/** For no more than was asked for. */
export interface AccessToken {
  readonly value: SecretValue
  /** Epoch milliseconds. */
  readonly madeAt: number
  readonly expiresAt: number
}

/** For one repository, and where that repository is now. */
export interface RepositoryToken extends AccessToken {
  readonly repositoryId: number
  readonly owner: string
  readonly name: string
  readonly cloneUrl: string
}

export interface TokenOptions {
  readonly signed: SignedCall
  /** Origin of clone URLs. */
  readonly host: string
  readonly clock: Pick<Clock, 'now'>
}

/** The App is not installed there, or its installation does not cover the repository. */
export class NoAccess extends Terminal {}

const anyToken = z.object({
  token: z.string().min(1),
  expires_at: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
})
const tokenAnswer = anyToken.extend({
  repositories: z.tuple([
    z.object({
      id: z.number(),
      name: z.string().min(1),
      owner: z.object({ login: z.string().min(1) }),
      clone_url: z.url(),
    }),
  ]),
})

/** https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
export async function createToken(
  { signed, host, clock }: TokenOptions,
  repository: RepositoryKey,
  permissions: TokenPermissions,
): Promise<RepositoryToken> {
  const byName = 'owner' in repository
  const madeAt = clock.now()
  const installation = byName ? await findInstallation(signed, repository) : repository.installationId
  const chosen = byName ? { repositories: [repository.name] } : { repository_ids: [repository.repositoryId] }
  const answer = await signed({
    route: 'POST /app/installations/{installation_id}/access_tokens',
    parameters: { installation_id: installation, ...chosen, permissions },
    answer: tokenAnswer,
    what: `for ${nameOf(repository)}`,
  }).catch((error: unknown) => {
    throw error instanceof Refusal ? refusedToken(error, nameOf(repository)) : error
  })
  const [found] = answer.repositories
  assertHost(host, found.clone_url)
  return {
    value: new SecretValue(answer.token),
    repositoryId: found.id,
    owner: found.owner.login,
    name: found.name,
    cloneUrl: found.clone_url,
    madeAt,
    expiresAt: answer.expires_at,
  }
}

/** For all repositories that the installation has, where one call is about many of them. */
export async function createInstallationToken(
  { signed, clock }: TokenOptions,
  installationId: number,
  permissions: TokenPermissions,
): Promise<AccessToken> {
  const madeAt = clock.now()
  const name = `the installation ${installationId}`
  const { token, expires_at } = await signed({
    route: 'POST /app/installations/{installation_id}/access_tokens',
    parameters: { installation_id: installationId, permissions },
    answer: anyToken,
    what: `for ${name}`,
  }).catch((error: unknown) => {
    throw error instanceof Refusal ? refusedToken(error, name) : error
  })
  return { value: new SecretValue(token), madeAt, expiresAt: expires_at }
}

async function findInstallation(
  signed: SignedCall,
  repository: { readonly owner: string; readonly name: string },
): Promise<number> {
  const { owner, name } = repository
  const { id } = await signed({
    route: 'GET /repos/{owner}/{repo}/installation',
    parameters: { owner, repo: name },
    answer: z.object({ id: z.number() }),
    what: `for ${nameOf(repository)}`,
  }).catch((error: unknown) => {
    throw error instanceof Refusal ? refusedInstallation(error, repository) : error
  })
  return id
}

function refusedInstallation(refusal: Refusal, repository: RepositoryKey): Terminal {
  if (refusal.status >= 300 && refusal.status < 400) {
    return new NoAccess(`${nameOf(repository)} has another name now`, {
      fix: 'write the URL that the repository has now into the Cluster',
    })
  }
  return new NoAccess(`the GitHub App is not installed for ${nameOf(repository)} (${said(refusal)})`, {
    fix: 'install the App for its owner, and give it access to this repository; or write credentials for its URL into the secret for git',
  })
}

function refusedToken(refusal: Refusal, name: string): Terminal {
  if (refusal.status === 422 && /permission/i.test(refusal.message)) {
    return new Terminal(`the GitHub App lacks a permission for ${name} (${said(refusal)})`, {
      fix: 'give the App the permissions in docs/github.md, and let the owner of the installation accept them',
    })
  }
  return new NoAccess(`the GitHub App has no access to ${name} (${said(refusal)})`, {
    fix: 'give the App’s installation access to the repository, and check installationId and repositoryId of the Source',
  })
}

/** For messages. */
export function said({ status, message }: Refusal): string {
  return message === '' ? String(status) : `${status}: ${message}`
}

function nameOf(repository: RepositoryKey): string {
  return 'owner' in repository
    ? `${repository.owner}/${repository.name}`
    : `the repository ${repository.repositoryId} of the installation ${repository.installationId}`
}
