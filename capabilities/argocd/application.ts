import type { IApplication } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application'
import type { NamedCluster } from '../../domain/capability.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { safeJoin } from '../../domain/paths.ts'

interface Wanted {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly project: string
  readonly cluster: NamedCluster
  /** Relative to the cluster's directory in its repository. */
  readonly directory: string
  readonly destination: { readonly name: string; readonly namespace: string }
  /** Deleting the Application deletes what it applied. */
  readonly cascade: boolean
}

/** https://argo-cd.readthedocs.io/en/stable/user-guide/app_deletion/#about-the-deletion-finalizer */
export const cascadeFinalizer = 'resources-finalizer.argocd.argoproj.io'

export function application(wanted: Wanted): IApplication & KubernetesObject {
  const { repository, argocd } = wanted.cluster.spec
  const path = safeJoin(repository.path, wanted.directory)
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: wanted.name,
      namespace: argocd.namespace,
      labels: { ...wanted.labels },
      // A commit elsewhere in the repository leaves this Application's cached manifests valid. Absolute: from the root.
      annotations: { 'argocd.argoproj.io/manifest-generate-paths': `/${path}` },
      ...(wanted.cascade ? { finalizers: [cascadeFinalizer] } : {}),
    },
    spec: {
      project: wanted.project,
      // In full, so that neither a tag of the same name nor a lookup of what the name means comes between.
      source: { repoURL: repository.url, targetRevision: `refs/heads/${repository.branch}`, path },
      destination: { ...wanted.destination },
      syncPolicy: {
        // `allowEmpty` stays off: a render that went wrong cannot empty a namespace.
        automated: { prune: true, selfHeal: true },
        // A retry takes the newest commit, so a fix is not held up by what it fixes.
        retry: { limit: 10, refresh: true, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
        // Pods leave an old Secret before its ExternalSecret goes.
        syncOptions: ['PruneLast=true'],
      },
    },
  }
}

/** The cluster that the workloads run in, as its Argo CD knows it. */
export function workloadCluster({ spec }: NamedCluster): string {
  return spec.argocd.destination ?? argoCdItself
}

/** The cluster that Argo CD runs in. */
export const argoCdItself = 'in-cluster'
