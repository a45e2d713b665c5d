import { podSpecOf } from './podsecurity.ts'

/** What the API server checks between members, as far as Fairway's manifests can get it wrong. */
export function crossFieldProblems(object: unknown): string[] {
  const { kind, spec } = object as { kind: string; spec?: Readonly<Record<string, unknown>> }
  return [
    ...podProblems(object),
    ...(kind === 'Deployment' ? selectorProblems(spec as never) : []),
    ...(kind === 'Service' ? portProblems(spec as never) : []),
    ...(kind === 'CronJob' ? restartProblems(object) : []),
    ...(kind === 'HorizontalPodAutoscaler' ? replicaProblems(spec as never) : []),
    ...(kind === 'PodDisruptionBudget' ? budgetProblems(spec as never) : []),
  ]
}

interface Labels {
  readonly [key: string]: string
}

function selectorProblems(spec: {
  readonly selector: { readonly matchLabels?: Labels }
  readonly template: { readonly metadata?: { readonly labels?: Labels } }
}): string[] {
  const selected = Object.entries(spec.selector.matchLabels ?? {})
  if (selected.length === 0) return ['/spec/selector: selects everything']
  const labels = spec.template.metadata?.labels ?? {}
  const missing = selected.filter(([key, value]) => labels[key] !== value)
  return missing.map(([key]) => `/spec/selector: the template has no label ${key} of that value`)
}

interface Pod {
  readonly restartPolicy?: string
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly { readonly name: string }[]
}

interface Container {
  readonly name: string
  readonly env?: readonly { readonly name: string }[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

function podProblems(object: unknown): string[] {
  const pod = podSpecOf(object) as Pod | undefined
  if (pod === undefined) return []
  const containers = [...pod.containers, ...(pod.initContainers ?? [])]
  const volumes = (pod.volumes ?? []).map(({ name }) => name)
  const names = containers.map(({ name }) => name)
  return [
    ...repeated(names).map((name) => `two containers ${name}`),
    ...repeated(volumes).map((name) => `two volumes ${name}`),
    ...[...names, ...volumes]
      .filter((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      .map((name) => `bad name ${name}`),
    ...containers.flatMap((container) => containerProblems(container, volumes)),
  ]
}

function containerProblems({ name, env, ports, volumeMounts }: Container, volumes: readonly string[]): string[] {
  const mounts = volumeMounts ?? []
  return [
    ...repeated((env ?? []).map((variable) => variable.name)).map((variable) => `${name}: two variables ${variable}`),
    ...repeated(mounts.map(({ mountPath }) => mountPath)).map((path) => `${name}: two mounts at ${path}`),
    ...mounts.filter((mount) => !volumes.includes(mount.name)).map((mount) => `${name}: no volume ${mount.name}`),
    ...repeated((ports ?? []).flatMap((port) => port.name ?? [])).map((port) => `${name}: two ports ${port}`),
    ...(ports ?? []).flatMap((port) => portName(port.name)),
  ]
}

function portProblems(spec: {
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[]
}): string[] {
  const unnamed = spec.ports.length > 1 && spec.ports.some(({ name }) => name === undefined)
  return [
    ...(unnamed ? ['/spec/ports: several ports need names'] : []),
    ...repeated(spec.ports.flatMap(({ name }) => name ?? [])).map((name) => `/spec/ports: two ports ${name}`),
    ...repeated(spec.ports.map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`)).map(
      (port) => `/spec/ports: two ports ${port}`,
    ),
    ...spec.ports.flatMap(({ name }) => portName(name)),
  ]
}

/** IANA service name, RFC 6335. */
function portName(name: string | undefined): string[] {
  if (name === undefined) return []
  const good = /^(?!.*--)(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(name)
  return good ? [] : [`bad port name ${name}`]
}

function restartProblems(object: unknown): string[] {
  const policy = (podSpecOf(object) as Pod | undefined)?.restartPolicy
  return policy === 'OnFailure' || policy === 'Never' ? [] : ['a Job needs restartPolicy OnFailure or Never']
}

function replicaProblems({
  minReplicas = 1,
  maxReplicas,
}: {
  readonly minReplicas?: number
  readonly maxReplicas: number
}): string[] {
  return maxReplicas < minReplicas ? ['/spec/maxReplicas: below minReplicas'] : []
}

function budgetProblems(spec: { readonly minAvailable?: unknown; readonly maxUnavailable?: unknown }): string[] {
  const both = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined
  return both ? ['/spec: minAvailable and maxUnavailable exclude each other'] : []
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) < index)
}
