import type { FleetMode, SkipReason } from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import type { Comparison, Differing } from './comparison.ts'
import { isLeavingAlready, isRecent, isUnderway, isUnsettled, modeOf, type Platform } from './scope.ts'

type AnyRecord = WorkloadRecord | SystemRecord

/** What of all records is kept: names, numbers, and what differs. */
export interface Counted {
  compared: number
  readonly skipped: Record<SkipReason, number>
  /** Declared workloads by System, and those on their way out. */
  readonly present: Map<string, number>
  readonly retiring: string[]
  /** Argo CD Applications by Cluster of the place. */
  readonly applications: Map<string, number>
  /** Names of the workloads that were compared, in order. */
  readonly names: string[]
  readonly differing: Differing[]
  readonly leftovers: Differing[]
  /** Nothing differs any more, and the record says that something does. */
  readonly clean: AnyRecord[]
}

export interface StreamPorts {
  readonly store: Pick<Store, 'page'>
  readonly platform: Platform
  readonly comparison: Comparison
  readonly fleet: FleetMode
  /** Whether pages may be older than a record. */
  readonly lagging: boolean
  /** Whether the record says that something differs here. */
  readonly isOnRecord: (record: AnyRecord) => boolean
  readonly now: () => number
}

/** Goes through all Systems and workloads, page by page. */
export async function compareAll(ports: StreamPorts): Promise<Counted> {
  const counted: Counted = {
    compared: 0,
    skipped: { paused: 0, underway: 0, unsettled: 0, recent: 0 },
    present: new Map(),
    retiring: [],
    applications: new Map(),
    names: [],
    differing: [],
    leftovers: [],
    clean: [],
  }
  for (const record of ports.platform.systems.values()) compareOne(ports, counted, record)
  let cursor: string | undefined
  do {
    const page = await ports.store.page('Workload', { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    for (const record of page.records) {
      if (record.spec !== undefined) counted.present.set(record.system, (counted.present.get(record.system) ?? 0) + 1)
      if (record.intent === 'retire' && record.spec !== undefined) counted.retiring.push(record.name)
      compareOne(ports, counted, record)
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return counted
}

function compareOne(ports: StreamPorts, counted: Counted, record: AnyRecord): void {
  const { comparison } = ports
  const now = ports.now()
  const size = comparison.size(record)
  for (const cluster of comparison.applications?.(record) ?? []) {
    counted.applications.set(cluster, (counted.applications.get(cluster) ?? 0) + 1)
  }
  const skip = skipReason(ports, record, now)
  if (skip !== undefined) {
    if (record.spec !== undefined) counted.skipped[skip] += size
    comparison.accountFor(record)
    return
  }
  const found = comparison.compare(record, now)
  const left = comparison.leftovers(record, now)
  counted.compared += size
  if (size > 0 && record.kind === 'Workload') counted.names.push(record.name)
  if (found.length > 0) counted.differing.push({ record, found })
  else if (ports.isOnRecord(record)) counted.clean.push(record)
  const gone = record.kind === 'Workload' && isLeavingAlready(record, now)
  if (left.length > 0 && !gone) counted.leftovers.push({ record, found: left })
}

function skipReason({ platform, fleet, lagging }: StreamPorts, record: AnyRecord, now: number): SkipReason | undefined {
  const system = platform.systems.get(record.kind === 'System' ? record.name : record.system)
  if (modeOf(fleet, system) === 'paused') return 'paused'
  if (isUnderway(record, now)) return 'underway'
  // What leaves has no spec to be behind of.
  if (record.spec === undefined || (record.kind === 'Workload' && record.intent === 'retire')) return undefined
  if (isUnsettled(record, system, now)) return 'unsettled'
  return lagging && isRecent(record, now) ? 'recent' : undefined
}
