import type { IAppProject } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/AppProject'
import { projectName } from '../../domain/argocd.ts'
import type { TenancySubject } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { namespaceOf } from '../../domain/names.ts'
import { cascadeFinalizer, workloadCluster } from './application.ts'
import { labelsOf } from './labels.ts'

/** What Fairway renders into a system's namespace, and nothing else: a raw Secret or a Role in git is refused. */
const rendered = [
  { group: '', kind: 'Service' },
  { group: '', kind: 'ServiceAccount' },
  { group: 'apps', kind: 'Deployment' },
  { group: 'autoscaling', kind: 'HorizontalPodAutoscaler' },
  { group: 'batch', kind: 'CronJob' },
  { group: 'external-secrets.io', kind: 'ExternalSecret' },
  { group: 'external-secrets.io', kind: 'SecretStore' },
  { group: 'networking.k8s.io', kind: 'NetworkPolicy' },
  { group: 'policy', kind: 'PodDisruptionBudget' },
]

/**
 * Made by those: Argo CD shows a child, its events and its log only where the project permits its kind
 * (`IterateHierarchyV2` in its application controller). They add no power to a Deployment's and a CronJob's.
 */
const children = [
  { group: '', kind: 'Pod' },
  { group: 'apps', kind: 'ReplicaSet' },
  { group: 'batch', kind: 'Job' },
]

/** One repository into one namespace of one cluster; of what is cluster-scoped, only that namespace itself. */
export function project(subject: TenancySubject): IAppProject & KubernetesObject {
  const { system, cluster } = subject
  const namespace = namespaceOf(system.name)
  if (namespace === cluster.spec.argocd.namespace) {
    throw new Terminal(`System ${system.name} has the name of Argo CD's namespace in cluster ${cluster.name}`, {
      fix: 'give the System another name: its workloads would run beside Argo CD, with its secrets',
    })
  }
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: {
      name: projectName(cluster, system.name),
      namespace: cluster.spec.argocd.namespace,
      labels: labelsOf({ system, cluster }),
      // Before the Applications that name it.
      annotations: { 'argocd.argoproj.io/sync-wave': '-1' },
      // Stays until no Application names it; without it their own finalizers could not run.
      finalizers: [cascadeFinalizer],
    },
    spec: {
      description: `System ${system.name} of team ${system.spec.team} in cluster ${cluster.name}`,
      sourceRepos: [cluster.spec.repository.url],
      destinations: [{ name: workloadCluster(cluster), namespace }],
      clusterResourceWhitelist: [{ group: '', kind: 'Namespace', name: namespace }],
      namespaceResourceWhitelist: [...rendered, ...children],
    },
  }
}
