import type { Demand, Fleet, RecordedReport } from '../../domain/fleet.ts'
import type { Store } from '../../domain/store.ts'
import { sorted } from '../../manifests/problems.ts'
import type { Admitted, Taken, Valid, Validated } from '../source/ports.ts'
import { workloadRef } from '../world.ts'
import { isTight, newPlacements, roomsOf, withoutRoom, type QuotaContext } from './rooms.ts'

/**
 * Takes out the workloads for whose new placements there is no room, and says why at their place. While there is plenty
 * it costs nothing: which of them are new is read only where it matters.
 */
export async function checkQuotas(
  store: Pick<Store, 'getMany'>,
  { resources, problems }: Validated,
  reports: readonly RecordedReport[],
  context: QuotaContext,
): Promise<Validated> {
  const rooms = roomsOf(context.clusters, reports)
  const workloads = resources.filter(({ kind }) => kind === 'Workload')
  const takes = (names: readonly string[]) => takenBy(workloads, names, reports, context)
  if (!isTight(rooms, workloads, context)) return { resources, problems, takes }
  const records = await store.getMany(workloads.map(({ name }) => workloadRef(name)))
  const refused = withoutRoom(rooms, workloads, records, context)
  const without = new Set(refused.map(({ resource }) => resource))
  return {
    resources: resources.filter(({ kind, name }) => !without.has(`${kind} ${name}`)),
    problems: sorted([...problems, ...refused]),
    takes,
  }
}

/** Where a look counts from. */
function takenBy(
  workloads: readonly Valid[],
  names: readonly string[],
  reports: readonly RecordedReport[],
  context: QuotaContext,
): readonly Taken[] {
  const wanted = new Set(names)
  const placements = workloads
    .filter(({ name }) => wanted.has(name))
    .flatMap((workload) => newPlacements(workload, undefined, context))
  return reports.flatMap(({ shard, usage }) => {
    if (shard.kind !== 'place' || usage === undefined) return []
    const here = placements.filter(
      ({ cluster: { spec } }) => spec.aws.account === shard.account && spec.aws.region === shard.region,
    )
    return here.length === 0 ? [] : [{ place: shard, placements: sums(here) }]
  })
}

function sums(placements: ReturnType<typeof newPlacements>): Record<string, Demand> {
  const all: Record<string, Demand> = {}
  for (const { cluster, demand } of placements) {
    const { roles, associations, applications } = all[cluster.name] ?? none
    all[cluster.name] = {
      roles: roles + demand.roles,
      associations: associations + demand.associations,
      applications: applications + demand.applications,
    }
  }
  return all
}

const none: Demand = { roles: 0, associations: 0, applications: 0 }

/** What was admitted for the first time counts until the next look sees it. */
export async function countAdmitted(
  fleet: Pick<Fleet, 'admitted'>,
  admitted: readonly Admitted[],
  takes: Validated['takes'],
): Promise<void> {
  const created = admitted.filter(({ result }) => result === 'created' || result === 'revived')
  if (takes === undefined || created.length === 0) return
  const taken = takes(created.map(({ resource }) => resource.name))
  await Promise.all(taken.map(({ place, placements }) => fleet.admitted(place, placements)))
}
