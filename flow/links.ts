import { applicationName } from '../domain/argocd.ts'
import type { NamedCluster } from '../domain/capability.ts'
import { namespaceOf } from '../domain/names.ts'
import type { Origin } from '../domain/records.ts'
import type { SourceSpec } from '../domain/resources.ts'

/** Addresses that people open from the portal; undefined where there is none. */

/** A commit of a cluster repository. */
export function commitLink(repository: string, commit: string): string | undefined {
  const found = pagesOf(repository)
  return found && `${found.address}/${found.pages.commit}/${commit}`
}

/**
 * Where a workload is declared, on the default branch: a manifest that was moved without a change is there, and not in
 * the commit that its spec came with.
 */
export function sourceLink(source: SourceSpec | undefined, { path, line }: Origin): string | undefined {
  if (source === undefined || source.type === 'port' || path === undefined) return undefined
  const found = pagesOf(source.url, source.type === 'github' ? hosts.github.pages : undefined)
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return found && `${found.address}/${found.pages.file}/HEAD/${encoded}${line === undefined ? '' : `#L${line}`}`
}

/** Its page in the UI. https://argo-cd.readthedocs.io/en/stable/operator-manual/app-any-namespace/ */
export function applicationLink(cluster: NamedCluster, system: string, workload: string): string | undefined {
  const { links, argocd } = cluster.spec
  const name = applicationName(cluster, system, workload)
  return links?.argocd && `${links.argocd.replace(/\/+$/, '')}/applications/${argocd.namespace}/${name}`
}

export function logsLink(cluster: NamedCluster, system: string, workload: string): string | undefined {
  const values = { system, workload, cluster: cluster.name, namespace: namespaceOf(system) }
  return cluster.spec.links?.logs?.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? encodeURIComponent(values[name as keyof typeof values]) : whole,
  )
}

interface Pages {
  readonly commit: string
  readonly file: string
}

/** By a part of the host's name, as instances of one's own have it as a rule: `gitlab.acme.com`. */
const hosts: Readonly<Record<'github' | 'gitlab', { readonly host: RegExp; readonly pages: Pages }>> = {
  github: { host: /(^|[.-])github([.-]|$)/, pages: { commit: 'commit', file: 'blob' } },
  gitlab: { host: /(^|[.-])gitlab([.-]|$)/, pages: { commit: '-/commit', file: '-/blob' } },
}

/** Of a clone URL; credentials that stand in it are left out. */
function pagesOf(url: string, known?: Pages): { readonly address: string; readonly pages: Pages } | undefined {
  const { origin, hostname, pathname } = new URL(url)
  const pages = known ?? Object.values(hosts).find(({ host }) => host.test(hostname))?.pages
  return pages && { address: `${origin}${pathname.replace(/(\.git)?\/*$/, '')}`, pages }
}
