import { objectLabels } from '../../domain/labels.ts'
import { flatName, limits } from '../../domain/names.ts'
import type { Subject } from './spec.ts'

/**
 * What Deployment, Service, PodDisruptionBudget and NetworkPolicy select by. Made from the workload's identity
 * alone: a Deployment's selector cannot be changed, and a Service must find the pods of the version before.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates
 */
export function selectorLabels(subject: Subject): Record<string, string> {
  return { 'app.kubernetes.io/name': subject.workload, 'app.kubernetes.io/part-of': subject.system.name }
}

/** Without the team: that a system changes hands restarts nothing. */
export function podLabels(subject: Subject): Record<string, string> {
  const { 'fairway.dev/team': _, ...labels } = labelsOf(subject)
  return labels
}

export function labelsOf(subject: Subject): Record<string, string> {
  const { cluster, system, workload } = subject
  const instance = flatName([cluster.name, system.name, workload], limits.label)
  return { ...objectLabels(subject), 'app.kubernetes.io/instance': instance }
}
