import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob'
import type { IRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/Role'
import type { IRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import type { INamespace } from 'kubernetes-models/v1/Namespace'
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import { rootName } from '../../domain/argocd.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import { clusterLabels } from '../../domain/labels.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import type { Settings } from './confirmremovals.ts'

export interface Removals {
  readonly cluster: NamedCluster
  /** Where the installation takes webhooks, for example `https://….execute-api.eu-west-1.amazonaws.com`. */
  readonly webhooks: string
  /** Text of confirmremovals.ts. */
  readonly program: string
  /** Has `node` 24 or later in its path. */
  readonly image: string
}

/** No System can have this name (flow/validate/names.ts). */
export const removalsNamespace = 'fairway'

/**
 * Of everything here, because a hub has one set for each of its clusters; and of the Secret, key `secret`, that a
 * person makes. At most 49 characters; a CronJob's name may have 52.
 */
export function removalsName(cluster: NamedCluster): string {
  return `removals-${cluster.name}`
}

/**
 * Looks every few minutes which of this cluster's Applications are gone, and confirms it to Fairway. It may read
 * Applications, and change the one ConfigMap in which it remembers them.
 */
export function removalObjects(removals: Removals): readonly KubernetesObject[] {
  const { cluster } = removals
  return [
    namespace(cluster),
    serviceAccount(cluster),
    ...readingApplications(cluster),
    ...changingMemory(cluster),
    memory(cluster),
    program(removals),
    cronJob(removals),
  ]
}

const every = '*/5 * * * *'
const secretDirectory = '/var/run/fairway'
const accountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'
const programDirectory = '/opt/fairway'
/** `.mts` is a module, whatever stands beside it. */
const programFile = 'confirm-removals.mts'

/** With a dot, which is in no cluster's name. */
function programName(cluster: NamedCluster): string {
  return `${removalsName(cluster)}.program`
}

function metadata(cluster: NamedCluster, name = removalsName(cluster), namespace = removalsNamespace) {
  return { name, namespace, labels: clusterLabels(cluster) }
}

function namespace(cluster: NamedCluster): INamespace & KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: removalsNamespace,
      labels: {
        // Without the cluster: in a hub it is shared.
        ...Object.fromEntries(Object.entries(clusterLabels(cluster)).filter(([key]) => key !== 'fairway.dev/cluster')),
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  }
}

function serviceAccount(cluster: NamedCluster): IServiceAccount & KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(cluster),
    automountServiceAccountToken: false,
  }
}

function readingApplications(cluster: NamedCluster): KubernetesObject[] {
  const at = metadata(cluster, `fairway-${removalsName(cluster)}`, cluster.spec.argocd.namespace)
  return role(cluster, at, [{ apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get', 'list'] }])
}

function changingMemory(cluster: NamedCluster): KubernetesObject[] {
  const at = metadata(cluster)
  return role(cluster, at, [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [removalsName(cluster)], verbs: ['get', 'update'] },
  ])
}

function role(cluster: NamedCluster, at: KubernetesObject['metadata'], rules: NonNullable<IRole['rules']>) {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const granted: IRole & KubernetesObject = { apiVersion, kind: 'Role', metadata: at, rules }
  const bound: IRoleBinding & KubernetesObject = {
    apiVersion,
    kind: 'RoleBinding',
    metadata: at,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: at.name },
    subjects: [{ kind: 'ServiceAccount', name: removalsName(cluster), namespace: removalsNamespace }],
  }
  return [granted, bound]
}

/** Without data: applying it again leaves what the program remembers. */
function memory(cluster: NamedCluster): IConfigMap & KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(cluster) }
}

function program(removals: Removals): IConfigMap & KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(removals.cluster, programName(removals.cluster)),
    data: { [programFile]: removals.program },
  }
}

function cronJob(removals: Removals): ICronJob & KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadata(removals.cluster),
    spec: {
      schedule: every,
      concurrencyPolicy: 'Forbid',
      // A controller that missed more than 100 starts gives up unless it has a deadline for counting them.
      // https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#starting-deadline
      startingDeadlineSeconds: 240,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        spec: {
          // The next start tries again.
          backoffLimit: 0,
          activeDeadlineSeconds: 240,
          template: { metadata: { labels: clusterLabels(removals.cluster) }, spec: pod(removals) },
        },
      },
    },
  }
}

type PodSpec = NonNullable<NonNullable<NonNullable<ICronJob['spec']>['jobTemplate']['spec']>['template']['spec']>

function pod(removals: Removals): PodSpec {
  const { cluster, image } = removals
  return {
    serviceAccountName: removalsName(cluster),
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    restartPolicy: 'Never',
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'confirm-removals',
        image,
        command: ['node', `${programDirectory}/${programFile}`],
        env: [
          { name: 'FAIRWAY_REMOVALS', value: JSON.stringify(settings(removals)) },
          // The API server's certificate is signed by the cluster's own authority.
          { name: 'NODE_EXTRA_CA_CERTS', value: `${accountDirectory}/ca.crt` },
        ],
        resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'program', mountPath: programDirectory, readOnly: true },
          { name: 'secret', mountPath: secretDirectory, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'program', configMap: { name: programName(cluster) } },
      { name: 'secret', secret: { secretName: removalsName(cluster) } },
    ],
  }
}

function settings({ cluster, webhooks }: Removals): Settings {
  return {
    api: 'https://kubernetes.default.svc',
    account: accountDirectory,
    argocd: cluster.spec.argocd.namespace,
    cluster: cluster.name,
    root: rootName(cluster),
    memory: `${removalsNamespace}/${removalsName(cluster)}`,
    webhook: `${webhooks.replace(/\/+$/, '')}/webhooks/argocd/${cluster.name}`,
    secret: `${secretDirectory}/secret`,
  }
}
