import type { IContainer } from 'kubernetes-models/v1/Container'
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar'
import type { IProbe } from 'kubernetes-models/v1/Probe'
import type { IResourceRequirements } from 'kubernetes-models/v1/ResourceRequirements'
import type { IVolume } from 'kubernetes-models/v1/Volume'
import type { IVolumeMount } from 'kubernetes-models/v1/VolumeMount'
import { hash8 } from '../../domain/names.ts'
import { credentialMounts, natsVariables } from './credentials.ts'
import { imageReference } from './image.ts'
import type { Container } from './schema.ts'
import { servicePorts } from './service.ts'
import { sorted, type Placement } from './spec.ts'

/** Reserved where a container says nothing: the autoscaler's percentage is of the request, so there must be one. */
const defaultRequests = { cpu: '100m', memory: '128Mi' } as const

/**
 * Time for load balancers and kube-proxy to stop sending before the process is told to stop. The kubelet's own
 * `sleep` needs no shell in the image (on by default since Kubernetes 1.30).
 */
const drainSeconds = 5

export function container(placement: Placement, name: string, declared: Container): IContainer {
  const { subject, spec, outputs } = placement
  const serves = spec.type === 'service' && name === 'main'
  return {
    name,
    image: imageReference(declared.image, outputs.ecr, subject.cluster.spec.environment),
    ...(declared.command ? { command: declared.command } : {}),
    ...(declared.args ? { args: declared.args } : {}),
    env: variables(placement, declared),
    ...(serves ? { ports: containerPorts(placement) } : {}),
    resources: resources(declared),
    ...(declared.livenessProbe ? { livenessProbe: probe(declared.livenessProbe) } : {}),
    ...(declared.readinessProbe ? { readinessProbe: probe(declared.readinessProbe) } : {}),
    ...(serves ? { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } } : {}),
    // Pod Security Standard "restricted", https://kubernetes.io/docs/concepts/security/pod-security-standards/
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [...credentialMounts(outputs), ...scratchMounts(name, declared)],
  }
}

/** What `writable` and /tmp of one container are backed by; nothing of it outlives the pod. */
export function scratchVolumes(name: string, declared: Container): IVolume[] {
  return scratchMounts(name, declared).map((mount) => ({ name: mount.name, emptyDir: {} }))
}

function scratchMounts(name: string, declared: Container): IVolumeMount[] {
  const paths = [...new Set(['/tmp', ...(declared.writable ?? [])])].toSorted()
  return paths.map((path) => ({ name: `scratch-${hash8(name, path)}`, mountPath: path }))
}

function variables({ subject, outputs }: Placement, declared: Container): IEnvVar[] {
  return [
    { name: 'FAIRWAY_SYSTEM', value: subject.system.name },
    { name: 'FAIRWAY_WORKLOAD', value: subject.workload },
    { name: 'FAIRWAY_ENVIRONMENT', value: subject.cluster.spec.environment },
    ...natsVariables(outputs),
    ...sorted(declared.variables).map(([name, value]) => ({ name, value })),
  ]
}

/** Several ports of a Service may lead to one of the container, which is declared once. */
function containerPorts({ spec }: Placement): NonNullable<IContainer['ports']> {
  const seen = new Set<string>()
  return servicePorts(spec).flatMap(({ name, target, protocol }) => {
    const key = `${target}/${protocol}`
    if (seen.has(key)) return []
    seen.add(key)
    return [{ name, containerPort: target, protocol }]
  })
}

/** A default request would lie above a lower limit and be refused; the API server then takes the limit as request. */
function resources(declared: Container): IResourceRequirements {
  const limits = amounts(declared.resources?.limits)
  const requests = amounts({
    cpu: declared.resources?.requests?.cpu ?? (limits['cpu'] ? undefined : defaultRequests.cpu),
    memory: declared.resources?.requests?.memory ?? (limits['memory'] ? undefined : defaultRequests.memory),
  })
  return {
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  }
}

interface Amounts {
  readonly cpu?: string | undefined
  readonly memory?: string | undefined
}

function amounts(declared: Amounts | undefined): Record<string, string> {
  return {
    ...(declared?.cpu ? { cpu: declared.cpu } : {}),
    ...(declared?.memory ? { memory: declared.memory } : {}),
  }
}

function probe(declared: NonNullable<Container['livenessProbe']>): IProbe {
  return {
    ...(declared.httpGet ? { httpGet: { path: declared.httpGet.path, port: declared.httpGet.port } } : {}),
    ...(declared.exec ? { exec: { command: declared.exec.command } } : {}),
  }
}
