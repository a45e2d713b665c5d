import type { FleetMode } from '../../domain/fleet.ts'
import type { Store } from '../../domain/store.ts'
import { workloadRef } from '../world.ts'
import type { Comparison, Differing } from './comparison.ts'
import { isUnderway, type Platform, modeOf } from './scope.ts'

export interface SampleSettings {
  /** Workloads of each look. */
  readonly size: number
  /** Milliseconds between two looks. */
  readonly period: number
}

/**
 * The next few of these by the clock alone: no look has to remember where the one before stopped, and after as many
 * looks as it takes all had their turn.
 */
export function sampleOf(names: readonly string[], { size, period }: SampleSettings, now: number): readonly string[] {
  const start = (Math.floor(now / period) * size) % Math.max(1, names.length)
  return names.length <= size ? names : [...names, ...names].slice(start, start + size)
}

/** What pages lack, of a few workloads; by the record as it is now, and only what pages did not show. */
export async function lookDeep(
  ports: {
    readonly store: Pick<Store, 'getMany'>
    readonly comparison: Comparison
    readonly platform: Platform
    readonly fleet: FleetMode
    readonly now: () => number
  },
  names: readonly string[],
): Promise<{ readonly sampled: readonly string[]; readonly differing: readonly Differing[] }> {
  const { comparison, platform, fleet } = ports
  if (comparison.deep === undefined || names.length === 0) return { sampled: [], differing: [] }
  const differing: Differing[] = []
  const records = await ports.store.getMany(names.map(workloadRef))
  const quiet = records.filter(
    (record) =>
      record.intent === 'present' &&
      !isUnderway(record, ports.now()) &&
      modeOf(fleet, platform.systems.get(record.system)) !== 'paused',
  )
  for (const record of quiet) {
    const shown = new Set(comparison.compare(record, ports.now()).map(({ kind, where }) => `${kind} ${where}`))
    const all = await comparison.deep(record, ports.now())
    const found = all.filter(({ kind, where }) => !shown.has(`${kind} ${where}`))
    if (found.length > 0) differing.push({ record, found })
  }
  return { sampled: quiet.map(({ name }) => name), differing }
}
