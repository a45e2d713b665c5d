import type { Finding, FleetMode, ModeSetting } from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import { whyHeld } from '../source/leaving.ts'
import type { Brake } from '../source/ports.ts'
import type { Found } from './comparison.ts'
import type { Counted } from './stream.ts'

/** What is done about what was found, and what people are told where nothing is. Pure. */

export function answered({ fix, ...found }: Found, mode: FleetMode, fleet: ModeSetting): Finding {
  if (fix !== undefined) return { ...found, answer: 'reported', why: fix }
  if (mode === 'repair') return { ...found, answer: 'repairing' }
  return { ...found, answer: 'reported', why: whyNot(fleet) }
}

/** Of what is left of a workload. A tombstone's lease nobody can take: what came back is for a person to judge. */
export function leftover(found: Found, record: WorkloadRecord | SystemRecord): Found {
  if (found.fix !== undefined) return found
  if (record.kind === 'System') {
    const fix = 'the System is not open to this environment any more: delete it if no namespace of it is left there'
    return { ...found, fix }
  }
  if (record.spec !== undefined) return found
  const fix = 'the workload was retired, and this is there again: delete it, or declare the workload again to keep it'
  return { ...found, fix }
}

/** So that the status says it too (P10): a reconcile that is refused changes nothing, and is not Ready. */
export function unsettles(found: readonly Found[], record: WorkloadRecord | SystemRecord): boolean {
  return record.status.phase === 'Ready' && found.some(({ kind, fix }) => fix !== undefined && kind !== 'orphan')
}

export interface Braked {
  /** Why nothing is removed. */
  readonly why: string
  readonly held: readonly string[]
}

/** P9, for everything that one look would remove, with what leaves at sources and was found by other looks `lately`. */
export function brakeLook(
  rest: readonly string[],
  lately: readonly string[],
  { present, retiring }: Pick<Counted, 'present' | 'retiring'>,
  limits: Brake,
): string | undefined {
  const why = whyHeld(rest, { present, own: [], elsewhere: retiring }, lately, limits)
  return why === undefined ? undefined : `${why}; it waits until somebody lets it go`
}

function whyNot({ mode, who, since, why }: ModeSetting): string {
  if (mode === 'repair') return 'its System says `reconcile: report`'
  const by = who === undefined ? '' : ` (${[who, since, why].filter((part) => part !== undefined).join(', ')})`
  return `the fleet is in mode ${mode}${by}`
}
