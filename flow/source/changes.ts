import type { FairwayEvent } from '../../domain/events.ts'
import type { ClusterSpec, SystemSpec } from '../../domain/resources.ts'
import type { Store } from '../../domain/store.ts'
import { systemsIn } from '../world.ts'
import type { Admitted } from './ports.ts'

/**
 * What has to be looked at after an admission. A changed System may open or close ceilings, so its sources are read
 * again as well; a changed Cluster concerns every System of its environment.
 */
export async function changesOf(store: Store, admitted: readonly Admitted[], reason: string): Promise<FairwayEvent[]> {
  const changed = admitted
    .filter(({ result }) => result !== 'unchanged' && result !== 'refused')
    .map(({ resource }) => resource)
  const of = (kind: string) => changed.filter((resource) => resource.kind === kind)
  const systems = new Set(of('System').map(({ name }) => name))
  const sources = new Set([
    ...of('Source').map(({ name }) => name),
    ...of('System').flatMap(({ spec }) => (spec as SystemSpec).sources),
  ])
  if (of('Cluster').length > 0) {
    const environments = new Set(of('Cluster').map(({ spec }) => (spec as ClusterSpec).environment))
    for (const name of await systemsIn(store, environments)) systems.add(name)
  }
  return [
    ...[...systems].map((system): FairwayEvent => ({ type: 'SystemChanged', detail: { system, reason } })),
    ...[...sources].map((source): FairwayEvent => ({
      type: 'SourceChanged',
      detail: { source, reason },
    })),
    ...of('Workload').map(({ name }): FairwayEvent => ({
      type: 'WorkloadChanged',
      detail: { workload: name, reason },
    })),
  ]
}
