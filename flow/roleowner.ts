import type { NamedCluster } from '../domain/capability.ts'
import { readerRoleName, readerRolePrefix, roleName } from '../domain/names.ts'
import type { Ref, Store } from '../domain/store.ts'
import { workloadRef } from './world.ts'

/** Prefixes of one role's owner that are listed at most: systems whose names begin alike. */
const mostPrefixes = 20

/**
 * Whose role this is, of those that the Systems have in these clusters. Its name is flat and may be shortened, but ends
 * in the hash of all its parts: who fits is named again, and no tag is trusted.
 */
export async function ownersOfRole(
  store: Store,
  installation: string,
  clusters: readonly NamedCluster[],
  name: string,
): Promise<readonly Ref<'Workload' | 'System'>[]> {
  if (clusters.length === 0) return []
  const systems = (await store.list('System')).filter(({ spec }) => spec !== undefined).map((system) => system.name)
  const pairs = clusters.flatMap((cluster) => systems.map((system) => ({ cluster: cluster.name, system })))
  const readable = name.slice(0, name.lastIndexOf('-'))
  const reader = pairs
    .filter(({ cluster }) => restOf(readable, readerRolePrefix(installation, cluster)) !== undefined)
    .find(({ cluster, system }) => readerRoleName(installation, cluster, system) === name)
  if (reader) return [{ kind: 'System', name: reader.system }]
  const fitting = pairs.flatMap(({ cluster, system }) => {
    const before = [installation, cluster, system].join('-')
    const rest = restOf(readable, `${before}-`)
    return rest === undefined ? [] : [{ cluster, system, prefix: `${system}/${rest}` }]
  })
  for (const { cluster, system, prefix } of fitting.slice(0, mostPrefixes)) {
    const workloads = await store.list('Workload', { prefix })
    const owner = workloads.find(
      (workload) => roleName(installation, cluster, system, workload.name.slice(system.length + 1)) === name,
    )
    if (owner) return [workloadRef(owner.name)]
  }
  return []
}

/** What follows `before`; nothing, where the text is so short that it ends within. Undefined: it begins otherwise. */
function restOf(text: string, before: string): string | undefined {
  if (text.startsWith(before)) return text.slice(before.length)
  return before.startsWith(text) ? '' : undefined
}
