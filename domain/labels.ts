import type { NamedCluster, NamedSystem } from './capability.ts'

/**
 * Labels of what stands beside a workload or a system in its namespace, so that people and portals find it.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function objectLabels(subject: {
  readonly system: NamedSystem
  readonly cluster: NamedCluster
  readonly workload?: string
}): Record<string, string> {
  return {
    ...(subject.workload === undefined ? {} : { 'app.kubernetes.io/name': subject.workload }),
    'app.kubernetes.io/part-of': subject.system.name,
    'app.kubernetes.io/managed-by': 'fairway',
    'fairway.dev/environment': subject.cluster.spec.environment,
    'fairway.dev/team': subject.system.spec.team,
  }
}
