import { stricter, type FleetMode, type ModeSetting } from '../domain/fleet.ts'
import type { Condition, Status } from '../domain/records.ts'
import type { SystemSpec } from '../domain/resources.ts'

/** How a System is reconciled, and who says so. */
export interface Mode {
  readonly mode: FleetMode
  /** For people: `the fleet is paused (ada, since …: an outage)`. Absent where everything is repaired. */
  readonly why?: string
}

/** Pure. The stricter of what the fleet and the System say; said by the fleet where both say the same. */
export function modeOf(fleet: ModeSetting, system: { readonly name: string; readonly spec?: unknown }): Mode {
  const own = (system.spec as SystemSpec | undefined)?.reconcile ?? 'repair'
  const mode = stricter(fleet.mode, own)
  if (mode === 'repair') return { mode }
  return { mode, why: fleet.mode === mode ? ofFleet(fleet) : `System ${system.name} says \`reconcile: ${own}\`` }
}

/** `the fleet is paused (ada, since 2026-11-21T05:25:11.000Z: an outage)` */
export function ofFleet({ mode, who, since, why }: ModeSetting): string {
  const by = [who, since === undefined ? undefined : `since ${since}`].filter((part) => part !== undefined).join(', ')
  const said = [by, why].filter((part) => part !== undefined && part !== '').join(': ')
  const is = mode === 'paused' ? 'is paused' : `is in mode ${mode}`
  return `the fleet ${is}${said === '' ? '' : ` (${said})`}`
}

/** What is said of what is asked for meanwhile. */
export function untilResumed({ why = 'paused' }: Mode): string {
  return `${why}: on record, and carried out when it is not paused any more`
}

/** Reason of the condition that says that something waits. */
const reason = 'Paused'

export function pausedIn({ conditions }: Pick<Status, 'conditions'>): Condition | undefined {
  return conditions.find((condition) => condition.reason === reason)
}

/** What was observed before stays, with a word about why nothing newer is. Pure. */
export function pausedStatus(before: Status, mode: Mode, now: number): Status {
  const condition: Condition = {
    capability: 'admission',
    status: 'Unknown',
    reason,
    message: untilResumed(mode),
    since: pausedIn(before)?.since ?? new Date(now).toISOString(),
  }
  return { ...before, conditions: [...before.conditions.filter((other) => other.reason !== reason), condition] }
}
