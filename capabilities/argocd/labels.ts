import type { NamedCluster, NamedSystem } from '../../domain/capability.ts'
import { objectLabels } from '../../domain/labels.ts'

/** In a hub, Applications of several clusters stand side by side. */
export function labelsOf(subject: {
  readonly system: NamedSystem
  readonly cluster: NamedCluster
  readonly workload?: string
}): Record<string, string> {
  return { ...objectLabels(subject), 'fairway.dev/cluster': subject.cluster.name }
}
