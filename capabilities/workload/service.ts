import type { IService } from 'kubernetes-models/v1/Service'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { selectorLabels } from './labels.ts'
import { metadata } from './metadata.ts'
import { sorted, type Placement, type WorkloadPart } from './spec.ts'

interface ServicePort {
  readonly name: string
  readonly port: number
  /** Port of the container. */
  readonly target: number
  readonly protocol: 'TCP' | 'UDP'
}

export function service({ subject, spec }: Placement): IService & KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(subject),
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(subject),
      ports: servicePorts(spec).map(({ name, port, target, protocol }) => ({
        name,
        port,
        protocol,
        targetPort: target,
      })),
    },
  }
}

/** In order of name. */
export function servicePorts(spec: WorkloadPart): readonly ServicePort[] {
  return sorted(spec.service?.ports).map(([name, { port, targetPort, protocol }]) => ({
    name,
    port,
    target: targetPort ?? port,
    protocol,
  }))
}
