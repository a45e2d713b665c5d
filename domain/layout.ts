import { safeJoin } from './paths.ts'

/**
 * Where everything stands in a cluster repository, relative to the cluster's directory in it
 * (`cluster.spec.repository.path`). Every file has exactly one owner, by path: a workload or a system.
 */

/** Applications and projects of all systems: what a cluster's root Application looks at. */
export const applicationsDirectory = 'applications'

/** Objects of all systems and their workloads. */
export const manifestsDirectory = 'manifests'

/** Objects of one workload. */
export function workloadManifests(system: string, workload: string): string {
  return safeJoin(manifestsDirectory, system, workload)
}

/** The workload's Argo CD Application. */
export function workloadApplication(system: string, workload: string): string {
  return safeJoin(systemApplications(system), `${workload}.yaml`)
}

/** Applications of a system's workloads, one file each; `<system>-apps` holds this directory. */
export function systemApplications(system: string): string {
  return safeJoin(applicationsDirectory, system, 'workloads')
}

/** Keeps `<system>-apps` from ever being empty. No workload's file: a label does not start with `_`. */
export function sentinelFile(system: string): string {
  return safeJoin(systemApplications(system), '_sentinel.yaml')
}

/** The system's AppProject and its Applications `<system>-apps` and `<system>-base`. */
export function systemFile(system: string): string {
  return safeJoin(applicationsDirectory, system, 'system.yaml')
}

/** Namespace, SecretStore. No workload's directory: a label does not start with `_`. */
export function systemManifests(system: string): string {
  return safeJoin(manifestsDirectory, system, '_system')
}
