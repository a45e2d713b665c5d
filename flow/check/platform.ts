import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import { phrase } from '../../domain/changes.ts'
import { differingMembers } from '../../domain/difference.ts'
import type { ResourceKind } from '../../domain/records.ts'
import type { ClusterSpec, SystemSpec } from '../../domain/resources.ts'
import type { Valid } from '../source/ports.ts'
import type { Platform } from '../validate.ts'
import { overlaid } from '../validate/platform.ts'
import type { PlannedLine } from './explain.ts'

/** What is declared, and what these resources declare: a workload may come together with its System. */
export function platformAfter({ systems, clusters }: Platform, resources: readonly Valid[]): Platform {
  const declared = (kind: ResourceKind) => resources.filter((resource) => resource.kind === kind)
  return {
    systems: overlaid(systems, declared('System') as unknown as readonly NamedSystem[]),
    clusters: overlaid(clusters, declared('Cluster') as unknown as readonly NamedCluster[]),
  }
}

/** A System, Cluster or Source: what it brings when it is new, else the members that differ. */
export function explainPlatform(
  { kind, name, spec }: Pick<Valid, 'kind' | 'name' | 'spec'>,
  before: unknown,
  platform: Platform,
): readonly PlannedLine[] {
  if (before !== undefined) {
    return differingMembers(before, spec).map((member) =>
      line(phrase`${member.path}: ${member.before ?? 'absent'} → ${member.after ?? 'absent'}`),
    )
  }
  if (kind === 'System') {
    const { environments } = spec as SystemSpec
    const clusters = platform.clusters.filter((cluster) => environments.includes(cluster.spec.environment))
    const tenancy = phrase`namespace ${name}, its SecretStore and the role that reads for it, its AppProject: made`
    return clusters.length === 0 ? [] : [{ phrase: tenancy, clusters: clusters.map((cluster) => cluster.name) }]
  }
  if (kind === 'Cluster') {
    const { environment, repository } = spec as ClusterSpec
    return [line(phrase`environment ${environment}, written to ${repository.url}`)]
  }
  return []
}

function line(of: PlannedLine['phrase']): PlannedLine {
  return { phrase: of, clusters: [] }
}
