import { namespaceOf } from '../../domain/names.ts'
import { labelsOf } from './labels.ts'
import type { Subject } from './spec.ts'

interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly labels: Record<string, string>
  readonly annotations?: Record<string, string>
}

/** Every object is called like its workload: the namespace is the system's, so the two together are unambiguous. */
export function metadata(subject: Subject): Metadata {
  return { name: subject.workload, namespace: namespaceOf(subject.system.name), labels: labelsOf(subject) }
}

/**
 * For objects that need the others: Argo CD applies them once the ExternalSecrets are healthy, so a rollout does
 * not start on a Secret that cannot be read. https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 */
export function metadataOfSecondWave(subject: Subject): Metadata {
  return { ...metadata(subject), annotations: { 'argocd.argoproj.io/sync-wave': '1' } }
}
