import type { Manifest } from '../../domain/manifest.ts'
import { workloadManifests } from '../../domain/layout.ts'
import type { RenderInputs } from '../../domain/outputs.ts'
import { safeJoin } from '../../domain/paths.ts'
import { cronJob } from './cronjob.ts'
import { deployment } from './deployment.ts'
import { autoscaled, horizontalPodAutoscaler } from './hpa.ts'
import { networkPolicy } from './networkpolicy.ts'
import { podDisruptionBudget } from './pdb.ts'
import { service } from './service.ts'
import type { Placement, Subject } from './spec.ts'

/** One file per object. While an input is missing, what runs the workload is left out and the rest is there. */
export function render(subject: Subject, outputs: RenderInputs): readonly Manifest[] {
  if (subject.spec === undefined) return []
  const placement = { subject, spec: subject.spec, outputs }
  const objects = [...reachable(placement), ...(outputs.deployable ? running(placement) : [])]
  const directory = workloadManifests(subject.system.name, subject.workload)
  return objects.map((object) => ({ path: safeJoin(directory, `${object.kind.toLowerCase()}.yaml`), object }))
}

function reachable(placement: Placement) {
  const policies = placement.subject.system.spec.networkPolicies
  return [
    ...(placement.spec.type === 'service' ? [service(placement)] : []),
    ...(policies ? [networkPolicy(placement, policies)] : []),
  ]
}

function running(placement: Placement) {
  if (placement.spec.type === 'cronjob') return [cronJob(placement)]
  return [
    deployment(placement),
    ...(autoscaled(placement.spec) ? [horizontalPodAutoscaler(placement)] : []),
    podDisruptionBudget(placement),
  ]
}
