import type { NamedSystem } from '../domain/capability.ts'
import { inUse } from '../domain/generations.ts'
import { parseWorkloadId } from '../domain/names.ts'
import type { PortalAnswer, PortalEntity } from '../domain/portal.ts'
import type { Status, WorkloadRecord } from '../domain/records.ts'
import type { SourceSpec } from '../domain/resources.ts'
import { applicationLink, commitLink, logsLink, sourceLink } from './links.ts'
import { pausedIn, type Mode } from './modes.ts'
import { heldBy, type Held } from './operations/held.ts'
import type { World } from './world.ts'

/**
 * What the portal shows; blueprints of these identifiers are shipped in `examples/portal/port/`. A portal merges: what
 * is left out would stay as it was, and null empties it.
 */

export function systemEntity({ name, spec }: NamedSystem, status: Status, { mode, why }: Mode): PortalEntity {
  return {
    blueprint: 'fairway_system',
    identifier: name,
    title: name,
    properties: {
      team: spec.team,
      costCentre: spec.costCentre,
      description: spec.description ?? null,
      environments: spec.environments,
      mode,
      modeReason: why ?? null,
      phase: status.phase,
      error: status.error?.message ?? null,
    },
    relations: {},
  }
}

/** `source`: of the workload's origin, where it is registered. */
export function entitiesFor(world: World, status: Status, source: SourceSpec | undefined): readonly PortalEntity[] {
  const { record } = world
  const workload: PortalEntity = {
    blueprint: 'fairway_workload',
    identifier: record.name,
    title: record.name,
    properties: {
      phase: status.phase,
      generation: record.generation,
      source: record.origin.source,
      manifest: sourceLink(source, record.origin) ?? null,
      held: pausedIn(status)?.message ?? null,
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
  const place = world.clusters.find(({ name }) => name === cluster)
  const { system, workload } = parseWorkloadId(world.record.name)
  return placementOf(world.record.name, cluster, {
    cluster,
    environment: place?.spec.environment ?? null,
    commit: placement.commit,
    commitUrl: commitLink(placement.repository, placement.commit) ?? null,
    repository: placement.repository,
    deployed: placement.deployed,
    digest: placement.digest ?? null,
    argocd: (place && applicationLink(place, system, workload)) ?? null,
    logs: (place && logsLink(place, system, workload)) ?? null,
    ...credentialsIn(world.record, cluster),
  })
}

/** Dates and not days that are left: those would be told anew every day (P1). */
function credentialsIn(record: WorkloadRecord, cluster: string) {
  const held = heldBy(record).filter((one) => one.cluster === cluster)
  const ends = held.flatMap(({ credential }) => inUse(credential)?.expiresAt ?? [])
  return {
    credentials: held.map(credentialLine),
    credentialsExpire: ends.length === 0 ? null : iso(Math.min(...ends)),
  }
}

function credentialLine({ entry, credential }: Held): string {
  const used = inUse(credential)
  if (used === undefined || used.generation === 0) return `${entry}: none yet`
  const { generation, issuedAt, expiresAt } = used
  const why = generation === credential.generation && credential.reason ? ` (${credential.reason})` : ''
  const made = issuedAt === undefined ? '' : `, made ${iso(issuedAt)}${why}`
  return `${entry}: generation ${generation}${made}${expiresAt === undefined ? '' : `, ends ${iso(expiresAt)}`}`
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

/** The workload has left this cluster: what was there is not shown as if it were. */
export function formerPlacementEntity(workload: string, cluster: string): PortalEntity {
  return placementOf(workload, cluster, {
    deployed: false,
    digest: null,
    argocd: null,
    credentials: [],
    credentialsExpire: null,
  })
}

function placementOf(workload: string, cluster: string, properties: PortalEntity['properties']): PortalEntity {
  return {
    blueprint: 'fairway_placement',
    identifier: `${workload}/${cluster}`,
    title: `${workload} in ${cluster}`,
    properties,
    relations: { workload },
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
    label: pausedIn(status) ? 'Paused' : status.phase,
    log: [`${record.name}, generation ${record.generation}: ${status.phase}`, ...log, ...commits],
  }
}
