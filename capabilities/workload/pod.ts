import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec'
import { container, scratchVolumes } from './container.ts'
import { credentialVolumes } from './credentials.ts'
import type { Container } from './schema.ts'
import { sorted, type Placement } from './spec.ts'

/** Group of every volume, so that a container of whatever non-root user reads credentials and writes scratch space. */
const volumeGroup = 65_532

/** What every kind of workload has in common; the containers themselves differ. */
export function podSpec(placement: Placement): Omit<IPodSpec, 'containers'> {
  const { subject, outputs } = placement
  return {
    serviceAccountName: outputs.iam.serviceAccount,
    // Pods do not talk to the API server; roles come through tokens that EKS projects by itself.
    automountServiceAccountToken: false,
    // A Service called `nats` would otherwise put NATS_PORT and more into every pod of its namespace.
    enableServiceLinks: false,
    // Pod Security Standard "restricted". The image names its own user, which must not be root.
    securityContext: {
      runAsNonRoot: true,
      fsGroup: volumeGroup,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [
      ...credentialVolumes(subject.workload, outputs),
      ...declaredContainers(placement).flatMap(([name, declared]) => scratchVolumes(name, declared)),
    ],
  }
}

/** `main` first, because tools that show one container show the first. */
export function containers(placement: Placement): [IContainer, ...IContainer[]] {
  const [main, ...others] = declaredContainers(placement).map(([name, declared]) =>
    container(placement, name, declared),
  )
  return [main as IContainer, ...others]
}

function declaredContainers({ spec }: Placement): readonly (readonly [string, Container])[] {
  return sorted(spec.containers).toSorted(([a], [b]) => Number(b === 'main') - Number(a === 'main'))
}
