import { describe, expect, it } from 'vitest'
import { checkManifest, podSecurityViolations } from './crds.ts'
import { hasCrds } from './crds/custom.ts'

/** The checks that other tests rely on: they let good manifests pass, and no bad one. */

const labels = { 'app.kubernetes.io/name': 'quotes' }
const metadata = {
  name: 'quotes',
  namespace: 'policy-admin',
  labels,
  annotations: { 'argocd.argoproj.io/sync-wave': '1' },
}
const container = {
  name: 'main',
  image: 'registry.example.com/quotes@sha256:0',
  env: [{ name: 'LOG_LEVEL', value: 'info' }],
  ports: [{ name: 'http', containerPort: 8080 }],
  resources: { requests: { cpu: '100m', memory: '128Mi' } },
  readinessProbe: { httpGet: { path: '/', port: 8080 } },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
}
const pod = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [container],
  volumes: [{ name: 'tmp', emptyDir: {} }],
}
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
}
const cronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata,
  spec: {
    schedule: '0 3 * * *',
    jobTemplate: { spec: { template: { metadata: { labels }, spec: { ...pod, restartPolicy: 'Never' } } } },
  },
}
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
}
const scaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata,
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'quotes' },
    minReplicas: 2,
    maxReplicas: 6,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
  },
}
const application = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { ...metadata, finalizers: ['resources-finalizer.argocd.argoproj.io'] },
  spec: {
    project: 'policy-admin',
    source: { repoURL: 'https://git.example.com/dev.git', path: 'manifests', targetRevision: 'refs/heads/main' },
    destination: { name: 'in-cluster', namespace: 'policy-admin' },
    syncPolicy: { automated: { prune: true, selfHeal: true }, retry: { limit: 5, backoff: { duration: '5s' } } },
  },
}
const externalSecret = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata,
  spec: {
    refreshPolicy: 'CreatedOnce',
    secretStoreRef: { kind: 'SecretStore', name: 'fairway' },
    target: { immutable: true, creationPolicy: 'Owner' },
    data: [{ secretKey: 'apiKey', remoteRef: { key: 'fairway/x', version: 'uuid/1', property: 'apiKey' } }],
  },
}
const good: Record<string, { apiVersion: string; kind: string; metadata: object; [key: string]: unknown }> = {
  Deployment: deployment,
  CronJob: cronJob,
  Service: service,
  HorizontalPodAutoscaler: scaler,
  Application: application,
  ExternalSecret: externalSecret,
  Namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'policy-admin', labels } },
  ServiceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
  ConfigMap: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { any: 'thing', 'a.b': 'c' } },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  },
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ protocol: 'TCP', port: 443 }] }],
    },
  },
  Role: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata,
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
  },
  RoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'quotes' },
    subjects: [{ kind: 'ServiceAccount', name: 'quotes' }],
  },
  AppProject: {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata,
    spec: {
      description: 'Workloads of policy-admin',
      sourceRepos: ['https://git.example.com/dev.git'],
      destinations: [{ name: 'in-cluster', namespace: 'policy-admin' }],
      clusterResourceWhitelist: [],
    },
  },
  SecretStore: {
    apiVersion: 'external-secrets.io/v1',
    kind: 'SecretStore',
    metadata,
    spec: {
      provider: {
        aws: { service: 'SecretsManager', region: 'eu-west-1', role: 'arn:aws:iam::123456789012:role/fairway/x' },
      },
    },
  },
}
const kinds = Object.keys(good)
const custom = new Set(['Application', 'AppProject', 'ExternalSecret', 'SecretStore'])
const withCheckedSpec = kinds.filter((kind) => good[kind]?.spec !== undefined && (hasCrds || !custom.has(kind)))

describe('every kind that Fairway emits', () => {
  it.each(kinds)('%s passes when it is good', (kind) => {
    expect(checkManifest(good[kind])).toEqual([])
  })

  it.each(kinds)('%s is refused with an unknown field at the top', (kind) => {
    expect(checkManifest({ ...good[kind], specc: {} }).join()).toContain('specc')
  })

  it.each(kinds)('%s is refused with an unknown field in its metadata', (kind) => {
    const object = good[kind]
    expect(checkManifest({ ...object, metadata: { ...object?.metadata, label: {} } }).join()).toContain('label')
  })

  it.each(withCheckedSpec)('%s is refused with an unknown field in its spec', (kind) => {
    const object = good[kind]
    expect(checkManifest({ ...object, spec: { ...(object?.spec as object), replcias: 1 } }).join()).toContain(
      'replcias',
    )
  })

  it.each(kinds)('%s is refused in a version that is not served', (kind) => {
    const apiVersion = kind === 'ExternalSecret' ? 'external-secrets.io/v1beta1' : 'example.com/v9'
    expect(checkManifest({ ...good[kind], apiVersion })).not.toEqual([])
  })
})

describe('what an API server refuses is refused', () => {
  const withPod = (change: object) => ({
    ...deployment,
    spec: { ...deployment.spec, template: { metadata: { labels }, spec: { ...pod, ...change } } },
  })
  const withContainer = (change: object) => withPod({ containers: [{ ...container, ...change }] })
  it.each<[string, object]>([
    ['an unknown field deep in a container', withContainer({ readinessProbe: { httpGet: { path: '/', prt: 1 } } })],
    ['an unknown field in an item of a list', withContainer({ env: [{ name: 'A', valu: 'b' }] })],
    ['an unknown field of a volume', withPod({ volumes: [{ name: 'tmp', emptyDir: { siz: '1' } }] })],
    ['a number where text belongs', withContainer({ env: [{ name: 'A', value: 1 }] })],
    ['a missing required field', { ...deployment, spec: { template: deployment.spec.template } }],
    ['null', withContainer({ command: null })],
    ['a mount without its volume', withPod({ volumes: [] })],
    ['two variables of one name', withContainer({ env: [{ name: 'A' }, { name: 'A' }] })],
    ['two containers of one name', withPod({ containers: [container, container] })],
    [
      'a selector that misses its template',
      { ...deployment, spec: { ...deployment.spec, selector: { matchLabels: { a: 'b' } } } },
    ],
    ['a name with capitals', { ...service, metadata: { ...metadata, name: 'Quotes' } }],
    ['a name of 64 characters for a Service', { ...service, metadata: { ...metadata, name: 'q'.repeat(64) } }],
    ['a name of 53 characters for a CronJob', { ...cronJob, metadata: { ...metadata, name: 'q'.repeat(53) } }],
    ['an object without a namespace', { ...service, metadata: { name: 'quotes' } }],
    ['a label value with a slash', { ...service, metadata: { ...metadata, labels: { a: 'b/c' } } }],
    [
      'a bad label in a pod template',
      {
        ...deployment,
        spec: { ...deployment.spec, template: { metadata: { labels: { ...labels, a: 'b/c' } }, spec: pod } },
      },
    ],
    ['a port name of 16 characters', { ...service, spec: { ports: [{ name: 'p'.repeat(16), port: 80 }] } }],
    ['several ports without names', { ...service, spec: { ports: [{ port: 80 }, { port: 81 }] } }],
    [
      'a CronJob whose pods restart always',
      { ...cronJob, spec: { ...cronJob.spec, jobTemplate: { spec: { template: { spec: pod } } } } },
    ],
    ['fewer pods at most than at least', { ...scaler, spec: { ...scaler.spec, maxReplicas: 1 } }],
    [
      'a budget of both kinds',
      { ...good.PodDisruptionBudget, spec: { maxUnavailable: 1, minAvailable: 1, selector: {} } },
    ],
    ['a kind that Fairway does not emit', { apiVersion: 'v1', kind: 'Pod', metadata, spec: pod }],
  ])('%s', (_, object) => {
    expect(checkManifest(object)).not.toEqual([])
  })

  it.skipIf(!hasCrds).each<[string, object]>([
    [
      'an unknown field deep in an Application',
      { ...application, spec: { ...application.spec, syncPolicy: { automated: { prun: true } } } },
    ],
    [
      'a value that the CRD does not list',
      { ...externalSecret, spec: { ...externalSecret.spec, refreshPolicy: 'Once' } },
    ],
    ['a store without a provider', { ...good.SecretStore, spec: {} }],
  ])('%s', (_, object) => {
    expect(checkManifest(object)).not.toEqual([])
  })
})

describe('the restricted Pod Security Standard', () => {
  const own = (securityContext: object, change: object = {}) => ({
    ...pod,
    containers: [{ ...container, securityContext: { ...container.securityContext, ...securityContext }, ...change }],
  })

  it('is met by a pod that says all it asks for, in every kind that makes pods', () => {
    for (const object of [pod, deployment, cronJob, service]) expect(podSecurityViolations(object)).toEqual([])
  })

  it.each<[string, object]>([
    ['hostNetwork', { ...pod, hostNetwork: true }],
    ['hostPath', { ...pod, volumes: [{ name: 'x', hostPath: { path: '/' } }] }],
    [
      'sysctl',
      { ...pod, securityContext: { ...pod.securityContext, sysctls: [{ name: 'kernel.msgmax', value: '1' }] } },
    ],
    ['runAsNonRoot', { ...pod, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }],
    ['seccompProfile', { ...pod, securityContext: { runAsNonRoot: true } }],
    ['runAsNonRoot', own({ runAsNonRoot: false })],
    ['runAsUser 0', own({ runAsUser: 0 })],
    ['runAsUser 0', { ...pod, securityContext: { ...pod.securityContext, runAsUser: 0 } }],
    ['seccompProfile Unconfined', own({ seccompProfile: { type: 'Unconfined' } })],
    ['allowPrivilegeEscalation', own({ allowPrivilegeEscalation: undefined })],
    ['drop ALL', own({ capabilities: { drop: ['NET_RAW'] } })],
    ['adds capabilities', own({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    ['privileged', own({ privileged: true })],
    ['procMount', own({ procMount: 'Unmasked' })],
    ['appArmorProfile', own({ appArmorProfile: { type: 'Unconfined' } })],
    ['seLinuxOptions', own({ seLinuxOptions: { type: 'spc_t' } })],
    ['hostProcess', own({ windowsOptions: { hostProcess: true } })],
    ['hostPort', own({}, { ports: [{ containerPort: 80, hostPort: 80 }] })],
    ['host in a probe', own({}, { livenessProbe: { httpGet: { host: '169.254.169.254', port: 80 } } })],
    ['container init', { ...pod, initContainers: [{ name: 'init' }] }],
  ])('is not met with %s', (what, spec) => {
    expect(podSecurityViolations(spec).join()).toContain(what)
  })
})
