import { difference, phrase, type Explain, type Phrase, type PlacementChange } from '../../domain/changes.ts'
import { differingMembers } from '../../domain/difference.ts'
import { autoscaled } from './hpa.ts'
import type { WorkloadPart } from './spec.ts'

type Part = Readonly<WorkloadPart>

/** The manifests, and what in the spec they are changed for. */
export const manifests: Explain<PlacementChange<Part>> = ({ cluster, system, before, after }) => {
  const { url } = cluster.spec.repository
  if (after === undefined) return [phrase`manifests: removed from ${url}, once its objects are gone from the cluster`]
  const policies = system.spec.networkPolicies === undefined ? [] : ['NetworkPolicy']
  const kinds = (part: Part) => [...objects(part), ...policies]
  if (before === undefined) return [phrase`manifests: ${kinds(after)} in ${url}`]
  const { added, removed } = difference(kinds(before), kinds(after))
  return [
    ...(added.length > 0 ? [phrase`manifests: ${added} added`] : []),
    ...(removed.length > 0 ? [phrase`manifests: ${removed} removed`] : []),
    ...differingMembers(own(before), own(after)).map(said),
  ]
}

function objects(part: Part): readonly string[] {
  if (part.type === 'cronjob') return ['CronJob']
  return [
    'Deployment',
    ...(part.type === 'service' ? ['Service'] : []),
    ...(autoscaled(part) ? ['HorizontalPodAutoscaler'] : []),
    'PodDisruptionBudget',
  ]
}

/** A placed spec holds the other folders' parts too. */
function own({ type, containers, service, scaling, schedule }: Part): object {
  return { type, containers, service, scaling, schedule }
}

function said({ path, before, after }: ReturnType<typeof differingMembers>[number]): Phrase {
  if (before === undefined) return phrase`${path}: ${after ?? ''} added`
  return after === undefined ? phrase`${path}: removed, was ${before}` : phrase`${path}: ${before} → ${after}`
}
