import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { autoscaled } from './hpa.ts'
import { podLabels, selectorLabels } from './labels.ts'
import { metadataOfSecondWave } from './metadata.ts'
import { containers, podSpec } from './pod.ts'
import type { Placement } from './spec.ts'

/** Long enough for `drainSeconds` and requests of half a minute. */
const graceSeconds = 40

/** ReplicaSets kept. Older ones name Secrets that are gone: going back is `fairway rotate --to` or an older digest. */
const revisions = 3

export function deployment(placement: Placement): IDeployment & KubernetesObject {
  const { subject, spec } = placement
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOfSecondWave(subject),
    spec: {
      // With an autoscaler the number is its own: a value here would be put back at each sync.
      ...(autoscaled(spec) ? {} : { replicas: spec.scaling.min }),
      revisionHistoryLimit: revisions,
      selector: { matchLabels: selectorLabels(subject) },
      // A new pod is ready before an old one goes: an image that does not start takes nothing down.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: {
        metadata: { labels: podLabels(subject) },
        spec: {
          ...podSpec(placement),
          terminationGracePeriodSeconds: graceSeconds,
          topologySpreadConstraints: spread(placement),
          containers: containers(placement),
        },
      },
    },
  }
}

/**
 * Over zones and nodes, as far as there are any. `pod-template-hash` counts the new pods of an update alone, so
 * that they do not end up where the old ones left room.
 */
function spread({ subject }: Placement) {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway' as const,
    labelSelector: { matchLabels: selectorLabels(subject) },
    matchLabelKeys: ['pod-template-hash'],
  }))
}
