import { Terminal } from '../../domain/errors.ts'

/**
 * The origin of pages and clone URLs, from the API's base URL: `https://api.github.com` is GitHub's, and
 * `https://api.<name>.ghe.com` that of an enterprise with data residency; on GitHub Enterprise Server they are one.
 * https://docs.github.com/en/enterprise-server/rest/enterprise-admin#endpoint-urls
 */
export function hostOf(base: string): string {
  const url = new URL(base)
  if (url.hostname.startsWith('api.')) url.hostname = url.hostname.slice('api.'.length)
  return url.origin
}

/**
 * Where GraphQL is, from the API's base URL: beside the REST API, on GitHub Enterprise Server without its version.
 * https://docs.github.com/en/enterprise-server/graphql/guides/forming-calls-with-graphql#the-graphql-endpoint
 */
export function graphqlOf(base: string): string {
  return `${base.replace(/\/+$/, '').replace(/\/api\/v3$/, '/api')}/graphql`
}

/** `https://github.com/acme/fleet.git` → acme, fleet. Undefined for what is not a repository of this host. */
export function repositoryAt(host: string, url: string): { readonly owner: string; readonly name: string } | undefined {
  if (!URL.canParse(url) || new URL(url).origin !== host) return undefined
  const [, owner, name] = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(new URL(url).pathname) ?? []
  return owner === undefined || name === undefined ? undefined : { owner, name }
}

/** A token goes to its host alone, whatever an answer says. */
export function assertHost(host: string, url: string): void {
  if (URL.canParse(url) && new URL(url).origin === host) return
  throw new Terminal(`GitHub names a clone URL that is not on ${host}`, {
    fix: 'check that FAIRWAY_GITHUB_URL is the base URL of this GitHub’s API',
  })
}
