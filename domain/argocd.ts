import type { NamedCluster } from './capability.ts'
import { flatName, limits } from './names.ts'

/**
 * Names in Argo CD's namespace. A hub's namespace is shared by all its clusters, so there names carry the cluster.
 * 63 characters, although an object's name may have 253: Argo CD also uses an Application's name as a label.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
 */

/** Its AppProject permits what Fairway has in Argo CD's namespace. No system's: those end in a hash in a hub. */
export function controlProjectName(cluster: NamedCluster): string {
  return isHub(cluster) ? `${cluster.name}-fairway` : 'fairway'
}

/** Finds the systems. Ends neither in `-apps` nor `-base` nor in a hash of 8 characters, so it is nobody else's. */
export function rootName(cluster: NamedCluster): string {
  return `${controlProjectName(cluster)}-root`
}

export function projectName(cluster: NamedCluster, system: string): string {
  return isHub(cluster) ? flatName([cluster.name, system], limits.label - '-apps'.length) : system
}

/** Holds the Applications of a system's workloads. */
export function appsName(cluster: NamedCluster, system: string): string {
  return `${projectName(cluster, system)}-apps`
}

/** Holds the system's namespace and what stands in it for all workloads. */
export function baseName(cluster: NamedCluster, system: string): string {
  return `${projectName(cluster, system)}-base`
}

/** Ends in 8 characters without `-`, so it is nobody's `…-apps` or `…-base`, whatever the workload is called. */
export function applicationName(cluster: NamedCluster, system: string, workload: string): string {
  return flatName(isHub(cluster) ? [cluster.name, system, workload] : [system, workload], limits.label)
}

function isHub({ spec }: NamedCluster): boolean {
  return spec.argocd.mode === 'hub'
}
