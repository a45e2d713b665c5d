import type { Installation, NamedCluster, NamedSystem } from '../../domain/capability.ts'
import { pagesLag, soon, stricter, type FleetMode } from '../../domain/fleet.ts'
import type { ClusterRecord, SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { ClusterSpec, SystemSpec } from '../../domain/resources.ts'
import type { World } from '../world.ts'

/** Systems and Clusters, read once for a look. */
export interface Platform {
  readonly installation: Installation
  readonly systems: ReadonlyMap<string, SystemRecord>
  /** Those that are declared, in order of name. */
  readonly clusters: readonly NamedCluster[]
}

export function platformOf(
  installation: Installation,
  systems: readonly SystemRecord[],
  clusters: readonly ClusterRecord[],
): Platform {
  return {
    installation,
    systems: new Map(systems.filter(({ spec }) => spec !== undefined).map((record) => [record.name, record])),
    clusters: clusters
      .flatMap(({ name, spec }) => (spec === undefined ? [] : [{ name, spec: spec as ClusterSpec }]))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

export function namedSystem({ name, spec }: SystemRecord): NamedSystem {
  return { name, spec: spec as SystemSpec }
}

/** Undefined where the System is not declared any more: there is nothing to derive what is wanted from. */
export function worldOf(platform: Platform, record: WorkloadRecord, clusters = platform.clusters): World | undefined {
  const system = platform.systems.get(record.system)
  if (system === undefined) return undefined
  return { installation: platform.installation, record, system: namedSystem(system), clusters }
}

export function modeOf(fleet: FleetMode, system: SystemRecord | undefined): FleetMode {
  return stricter(fleet, (system?.spec as SystemSpec | undefined)?.reconcile ?? 'repair')
}

/** Somebody is at work on it. A lease that ran out holds nobody up; what it left the sweep takes up. */
export function isUnderway({ lease }: Pick<WorkloadRecord, 'lease'>, now: number): boolean {
  return lease !== undefined && lease.until > now
}

/**
 * No reconcile has carried out this spec, or the System's: one is due anyway. So is one for what waits for its turn, and
 * not because of drift: its System's new spec differs from what is there, and nobody has edited that. Nor is what was
 * restored compared, of which the record knows nothing yet.
 */
export function isUnsettled(
  record: WorkloadRecord | SystemRecord,
  system: SystemRecord | undefined,
  now: number,
): boolean {
  if (record.restoring || isBehind(record)) return true
  const { attentionAt = Infinity, drift } = record
  if (attentionAt <= now && drift === undefined) return true
  return record.kind === 'Workload' && system !== undefined && isBehind(system)
}

function isBehind({ generation, status }: WorkloadRecord | SystemRecord): boolean {
  return generation !== status.observedGeneration
}

/**
 * The record shows that a reconcile changed something so recently that pages may be older than that. One that changed
 * something and put nothing on record costs, if a page is that old, another one that changes nothing.
 */
export function isRecent({ status, repaired }: WorkloadRecord | SystemRecord, now: number): boolean {
  const pins = Object.values(status.placements).flatMap((placement) => Object.values(placement.pins ?? {}))
  const times = [
    ...status.conditions.map(({ since }) => Date.parse(since)),
    ...pins.map(({ since }) => since),
    ...(repaired ? [Date.parse(repaired.at)] : []),
  ]
  return times.some((time) => now - time < pagesLag)
}

/** Somebody looks at what leaves: it is due soon, or waits for the word that its objects are gone. */
export function isLeavingAlready(
  { lease, attentionAt = Infinity, removals = {} }: WorkloadRecord,
  now: number,
): boolean {
  if (lease !== undefined || attentionAt <= now + soon) return true
  return Object.values(removals).some(({ confirmed }) => confirmed === undefined)
}
