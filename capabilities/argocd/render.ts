import { applicationName, projectName } from '../../domain/argocd.ts'
import type { PlacementSubject, TenancySubject } from '../../domain/capability.ts'
import { sentinelFile, systemFile, workloadApplication, workloadManifests } from '../../domain/layout.ts'
import type { Manifest } from '../../domain/manifest.ts'
import { namespaceOf } from '../../domain/names.ts'
import { application, workloadCluster } from './application.ts'
import { labelsOf } from './labels.ts'
import { project } from './project.ts'
import { appsApplication, baseApplication, sentinel } from './system.ts'

/** The workload's Application. Its finalizer is how a removal reaches the cluster, so it cascades. */
export function renderWorkload(subject: PlacementSubject<unknown>): readonly Manifest[] {
  const { system, workload, cluster, spec } = subject
  if (spec === undefined) return []
  const object = application({
    name: applicationName(cluster, system.name, workload),
    labels: labelsOf(subject),
    project: projectName(cluster, system.name),
    cluster,
    directory: workloadManifests(system.name, workload),
    destination: { name: workloadCluster(cluster), namespace: namespaceOf(system.name) },
    cascade: true,
  })
  return [{ path: workloadApplication(system.name, workload), object }]
}

/** What a system has in Argo CD's namespace. */
export function renderSystem(subject: TenancySubject): readonly Manifest[] {
  if (subject.retired) return []
  const path = systemFile(subject.system.name)
  const objects = [project(subject), appsApplication(subject), baseApplication(subject)]
  return [
    ...objects.map((object) => ({ path, object })),
    { path: sentinelFile(subject.system.name), object: sentinel(subject) },
  ]
}
