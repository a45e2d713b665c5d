interface SecurityContext {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly procMount?: string
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seccompProfile?: { readonly type?: string }
  readonly appArmorProfile?: { readonly type?: string }
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string }
  readonly windowsOptions?: { readonly hostProcess?: boolean }
  readonly sysctls?: readonly { readonly name: string }[]
}

interface Handler {
  readonly httpGet?: { readonly host?: string }
  readonly tcpSocket?: { readonly host?: string }
}

interface Container {
  readonly name: string
  readonly securityContext?: SecurityContext
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly livenessProbe?: Handler
  readonly readinessProbe?: Handler
  readonly startupProbe?: Handler
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler }
}

export interface PodSpec {
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext?: SecurityContext
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
}

/** Of an object that makes pods, or the pod spec itself. */
export function podSpecOf(object: unknown): PodSpec | undefined {
  const { spec } = object as {
    spec?: { template?: { spec?: PodSpec }; jobTemplate?: { spec?: { template?: { spec?: PodSpec } } } }
  }
  const found = spec?.jobTemplate?.spec?.template?.spec ?? spec?.template?.spec ?? spec ?? object
  return Array.isArray((found as PodSpec).containers) ? (found as PodSpec) : undefined
}

const volumeTypes = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
)
const seLinuxTypes = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'])
const safeSysctls = new Set(
  (
    'kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start net.ipv4.tcp_syncookies ' +
    'net.ipv4.ping_group_range net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout ' +
    'net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem net.ipv4.tcp_wmem'
  ).split(' '),
)

export function podSpecViolations(spec: PodSpec): string[] {
  const pod = spec.securityContext ?? {}
  const containers = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  return [
    ...(['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((key) => spec[key]).map((key) => `pod: ${key}`),
    ...(spec.volumes ?? []).flatMap((volume) =>
      Object.keys(volume)
        .filter((key) => key !== 'name' && !volumeTypes.has(key))
        .map((key) => `volume ${String(volume.name)}: ${key}`),
    ),
    ...(pod.sysctls ?? []).filter(({ name }) => !safeSysctls.has(name)).map(({ name }) => `pod: sysctl ${name}`),
    ...contextViolations('pod', pod),
    ...containers.flatMap((container) => containerViolations(container, pod)),
  ]
}

function containerViolations(container: Container, pod: SecurityContext): string[] {
  const where = `container ${container.name}`
  const own = container.securityContext ?? {}
  const seccomp = own.seccompProfile?.type ?? pod.seccompProfile?.type
  const rules: [string, boolean][] = [
    ['privileged', own.privileged === true],
    ['allowPrivilegeEscalation is not false', own.allowPrivilegeEscalation !== false],
    ['runAsNonRoot is not true', (own.runAsNonRoot ?? pod.runAsNonRoot) !== true],
    ['seccompProfile is not RuntimeDefault or Localhost', seccomp !== 'RuntimeDefault' && seccomp !== 'Localhost'],
    ['does not drop ALL capabilities', !own.capabilities?.drop?.includes('ALL')],
    ['adds capabilities', (own.capabilities?.add ?? []).some((name) => name !== 'NET_BIND_SERVICE')],
    ['procMount', (own.procMount ?? 'Default') !== 'Default'],
    ['hostPort', (container.ports ?? []).some(({ hostPort }) => hostPort !== undefined && hostPort !== 0)],
    ['host in a probe or hook', handlers(container).some((handler) => (handler.httpGet ?? handler.tcpSocket)?.host)],
  ]
  return [
    ...rules.filter(([, broken]) => broken).map(([rule]) => `${where}: ${rule}`),
    ...contextViolations(where, own),
  ]
}

/** What neither a pod's context nor a container's may say. */
function contextViolations(where: string, context: SecurityContext): string[] {
  const { seccompProfile, appArmorProfile, seLinuxOptions } = context
  const rules: [string, boolean][] = [
    ['runAsUser 0', context.runAsUser === 0],
    ['runAsNonRoot false', context.runAsNonRoot === false],
    ['seccompProfile Unconfined', seccompProfile?.type === 'Unconfined'],
    ['appArmorProfile Unconfined', appArmorProfile?.type === 'Unconfined'],
    [
      'seLinuxOptions',
      Boolean(seLinuxOptions?.user ?? seLinuxOptions?.role) || !seLinuxTypes.has(seLinuxOptions?.type ?? ''),
    ],
    ['hostProcess', context.windowsOptions?.hostProcess === true],
  ]
  return rules.filter(([, broken]) => broken).map(([rule]) => `${where}: ${rule}`)
}

function handlers({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): Handler[] {
  return [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].filter(
    (handler) => handler !== undefined,
  )
}
