import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'

/** On what stands in Argo CD's namespace: by these a portal or a person finds a system's Applications. */
export function labels(cluster: NamedCluster, system: NamedSystem, workload?: string): Record<string, string> {
  return {
    ...(workload === undefined ? {} : { 'app.kubernetes.io/name': workload }),
    'app.kubernetes.io/part-of': system.name,
    'app.kubernetes.io/managed-by': 'fairway',
    'fairway.dev/cluster': cluster.name,
    'fairway.dev/environment': cluster.spec.environment,
    'fairway.dev/team': system.spec.team,
  }
}
