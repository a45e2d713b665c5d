import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { selectorLabels } from './labels.ts'
import { metadataOfSecondWave } from './metadata.ts'
import type { Placement } from './spec.ts'

/**
 * One pod at a time, whatever their number: `minAvailable` would block every drain where there is one pod. Pods
 * that are broken anyway do not hold up a drain either.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
 */
export function podDisruptionBudget({ subject }: Placement): IPodDisruptionBudget & KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOfSecondWave(subject),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(subject) },
    },
  }
}
