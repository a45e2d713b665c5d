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
  return {
    'app.kubernetes.io/instance': flatName([subject.cluster.name, subject.system.name, subject.workload], limits.label),
    'app.kubernetes.io/managed-by': 'fairway',
    ...selectorLabels(subject),
    'fairway.dev/environment': subject.cluster.spec.environment,
  }
}

export function objectLabels(subject: Subject): Record<string, string> {
  return { ...podLabels(subject), 'fairway.dev/team': subject.system.spec.team }
}
