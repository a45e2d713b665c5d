import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { metadataOfSecondWave } from './metadata.ts'
import type { Placement, WorkloadPart } from './spec.ts'

/** Between equal bounds there is nothing to scale: the Deployment says the number. */
export function autoscaled({ type, scaling }: WorkloadPart): boolean {
  return type !== 'cronjob' && scaling.max !== undefined && scaling.max > scaling.min
}

export function horizontalPodAutoscaler({ subject, spec }: Placement): IHorizontalPodAutoscaler & KubernetesObject {
  const { min, max = min, cpu } = spec.scaling
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadataOfSecondWave(subject),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: subject.workload },
      minReplicas: min,
      maxReplicas: max,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } },
      ],
    },
  }
}
