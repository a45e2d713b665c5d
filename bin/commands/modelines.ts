import { yellow } from 'yoctocolors'
import type { FleetMode, ModeSetting } from '../../domain/fleet.ts'
import { modeOf, ofFleet, type Mode } from '../../flow/modes.ts'

/** What is not simply repaired, in lines: one for the fleet, and one for each System that says so itself. */
export function modeLines({
  fleet = { mode: 'repair' },
  systems,
}: {
  readonly fleet?: ModeSetting
  readonly systems: readonly { readonly name: string; readonly reconcile?: FleetMode }[]
}): readonly string[] {
  const own = systems.filter(({ reconcile }) => reconcile !== undefined)
  return [
    ...(fleet.mode === 'repair' ? [] : [modeLine({ mode: fleet.mode, why: ofFleet(fleet) })]),
    ...own.map(({ name, reconcile }) => modeLine(modeOf({ mode: 'repair' }, { name, spec: { reconcile } }))),
  ]
}

export function modeLine({ mode, why = mode }: Mode): string {
  const means = mode === 'paused' ? 'nothing is reconciled' : 'drift is told and not repaired'
  return `${yellow(why)}: ${means}`
}
