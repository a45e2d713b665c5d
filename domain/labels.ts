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

/** Of a system's Namespace: ARN of the only role that its SecretStore may read with. Admission policies look at it. */
export const readerAnnotation = 'fairway.dev/reader-role'

/** Of what stands in a cluster, or in its Argo CD, once. */
export function clusterLabels(cluster: NamedCluster): Record<string, string> {
  return {
    'app.kubernetes.io/part-of': 'fairway',
    'app.kubernetes.io/managed-by': 'fairway-bootstrap',
    'fairway.dev/cluster': cluster.name,
  }
}
