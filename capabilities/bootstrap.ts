import type { Installation, NamedCluster } from '../domain/capability.ts'
import type { KubernetesObject } from '../domain/manifest.ts'
import { argoCdItself, workloadCluster } from './argocd/application.ts'
import { clusterSecret, type EksAccess } from './argocd/eks.ts'
import { removalObjects } from './argocd/removals.ts'
import { controlProject, rootApplication } from './argocd/root.ts'
import { admissionObjects } from './tenancy/admission.ts'

export interface BootstrapOptions {
  readonly installation: Pick<Installation, 'name'>
  readonly cluster: NamedCluster
  /** Absent: nothing confirms removals. */
  readonly removals?: { readonly webhooks: string; readonly program: string; readonly image: string }
  /** Absent: the cluster is registered with Argo CD already. */
  readonly access?: EksAccess
  readonly clusterSecretStores: 'refused' | 'allowed'
}

/** Where something is applied: the cluster that Argo CD runs in, or the one that workloads run in. */
export type BootstrapPart = 'argocd' | 'cluster'

/** What a cluster needs once, in the order in which it is applied. Pure. */
export function bootstrapObjects(
  options: BootstrapOptions,
): Readonly<Record<BootstrapPart, readonly KubernetesObject[]>> {
  const { installation, cluster, removals, access, clusterSecretStores } = options
  return {
    argocd: [
      ...(access === undefined ? [] : [clusterSecret(cluster, access)]),
      controlProject(cluster),
      rootApplication(cluster),
      ...(removals === undefined ? [] : removalObjects({ cluster, ...removals })),
    ],
    cluster: admissionObjects(installation, cluster, { clusterSecretStores }),
  }
}

/** True when both parts are the same cluster. */
export function runsItsArgoCd(cluster: NamedCluster): boolean {
  return cluster.spec.argocd.mode === 'local' || workloadCluster(cluster) === argoCdItself
}
