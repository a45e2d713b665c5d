import type { IApplication } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application'
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { appsName, baseName, controlProjectName, projectName } from '../../domain/argocd.ts'
import type { TenancySubject } from '../../domain/capability.ts'
import { systemApplications, systemManifests } from '../../domain/layout.ts'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { namespaceOf } from '../../domain/names.ts'
import { application, argoCdItself, workloadCluster } from './application.ts'
import { labelsOf } from './labels.ts'

/** Not cascading: that a system's file is lost must not take all its workloads' Applications with it (P9). */
export function appsApplication(subject: TenancySubject): IApplication & KubernetesObject {
  const { system, cluster } = subject
  return application({
    name: appsName(cluster, system.name),
    labels: labelsOf({ system, cluster }),
    project: controlProjectName(cluster),
    cluster,
    directory: systemApplications(system.name),
    destination: { name: argoCdItself, namespace: cluster.spec.argocd.namespace },
    cascade: false,
  })
}

/** In the system's own project: it needs nothing but that system's namespace. Not cascading: the namespace stays. */
export function baseApplication(subject: TenancySubject): IApplication & KubernetesObject {
  const { system, cluster } = subject
  return application({
    name: baseName(cluster, system.name),
    labels: labelsOf({ system, cluster }),
    project: projectName(cluster, system.name),
    cluster,
    directory: systemManifests(system.name),
    destination: { name: workloadCluster(cluster), namespace: namespaceOf(system.name) },
    cascade: false,
  })
}

/**
 * With `allowEmpty` off, Argo CD does not prune the last object of an Application: without this one, the last
 * workload of a system could not be removed.
 */
export function sentinel(subject: TenancySubject): IConfigMap & KubernetesObject {
  const { system, cluster } = subject
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${appsName(cluster, system.name)}-sentinel`,
      namespace: cluster.spec.argocd.namespace,
      labels: labelsOf({ system, cluster }),
    },
    data: { purpose: 'Keeps this Application from being empty when the system has no workload.' },
  }
}
