import type { IApplication } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application'
import type { IAppProject } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/AppProject'
import { controlProjectName, rootName } from '../../domain/argocd.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import { clusterLabels } from '../../domain/labels.ts'
import { applicationsDirectory } from '../../domain/layout.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { application, argoCdItself } from './application.ts'

/** What Argo CD needs once for a cluster: from here it finds whatever Fairway commits. */

/**
 * The one project that may write Applications into Argo CD's namespace, from this repository and nowhere else. Nothing
 * cluster-scoped: whatever runs in a cluster is in a system's project.
 */
export function controlProject(cluster: NamedCluster): IAppProject & KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name: controlProjectName(cluster),
      namespace: cluster.spec.argocd.namespace,
      labels: clusterLabels(cluster),
    },
    spec: {
      description: `Fairway's own: the systems of cluster ${cluster.name}, and the Applications of their workloads`,
      sourceRepos: [cluster.spec.repository.url],
      destinations: [{ name: argoCdItself, namespace: cluster.spec.argocd.namespace }],
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [
        { group: 'argoproj.io', kind: 'Application' },
        { group: 'argoproj.io', kind: 'AppProject' },
        { group: '', kind: 'ConfigMap' },
      ],
    },
  }
}

/**
 * Applies `system.yaml` of every system. Not cascading: removing it removes nothing that runs (P9).
 *
 * In Argo CD's patterns `*` also stands for text with `/` in it, so that the Application of a workload that is called
 * `system` would match as well: what is under `workloads/` is excluded, which goes before what is included.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/directory/#includingexcluding-files
 */
export function rootApplication(cluster: NamedCluster): IApplication & KubernetesObject {
  const root = application({
    name: rootName(cluster),
    labels: clusterLabels(cluster),
    project: controlProjectName(cluster),
    cluster,
    directory: applicationsDirectory,
    destination: { name: argoCdItself, namespace: cluster.spec.argocd.namespace },
    cascade: false,
  })
  const directory = { recurse: true, include: '*/system.yaml', exclude: '*/workloads/*' }
  return { ...root, spec: { ...root.spec, source: { ...root.spec.source, directory } } } as IApplication &
    KubernetesObject
}
