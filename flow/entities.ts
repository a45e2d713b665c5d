import type { PortalAnswer, PortalEntity } from '../domain/portal.ts'
import type { Status, WorkloadRecord } from '../domain/records.ts'
import type { World } from './world.ts'

/** What the portal shows; blueprints of these identifiers are shipped in `examples/portal/port/`. */
export function entitiesFor(world: World, status: Status): readonly PortalEntity[] {
  const { record } = world
  const workload: PortalEntity = {
    blueprint: 'fairway_workload',
    identifier: record.name,
    title: record.name,
    properties: {
      phase: status.phase,
      generation: record.generation,
      source: record.origin.source,
      // A portal merges: what is left out would stay as it was.
      error: status.error?.message ?? null,
    },
    relations: { system: record.system },
  }
  return [
    workload,
    ...Object.entries(status.placements).map(([cluster, placement]) => placementEntity(world, cluster, placement)),
  ]
}

function placementEntity(world: World, cluster: string, placement: Status['placements'][string]): PortalEntity {
  const environment = world.clusters.find(({ name }) => name === cluster)?.spec.environment
  return {
    blueprint: 'fairway_placement',
    identifier: `${world.record.name}/${cluster}`,
    title: `${world.record.name} in ${cluster}`,
    properties: {
      cluster,
      environment: environment ?? null,
      commit: placement.commit,
      repository: placement.repository,
      deployed: placement.deployed,
      digest: placement.digest ?? null,
    },
    relations: { workload: world.record.name },
  }
}

/** The answer to the form that declared it. */
export function answerFor(record: WorkloadRecord, status: Status): PortalAnswer {
  const log = status.conditions
    .filter((condition) => condition.status !== 'True')
    .map(
      (condition) => `${[condition.capability, condition.cluster].filter(Boolean).join(' in ')}: ${condition.message}`,
    )
  const commits = Object.entries(status.placements).map(
    ([cluster, placement]) => `${cluster}: commit ${placement.commit}`,
  )
  const failed = status.error?.type === 'Terminal'
  return {
    outcome: failed ? 'FAILURE' : 'SUCCESS',
    label: status.phase,
    log: [`${record.name}, generation ${record.generation}: ${status.phase}`, ...log, ...commits],
  }
}
