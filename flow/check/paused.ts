import type { ModeSetting } from '../../domain/fleet.ts'
import { modeOf } from '../modes.ts'
import type { Platform } from '../validate.ts'
import type { Plan } from './plan.ts'

/** Why nothing of a plan is carried out for now, for each System of which something would be. Pure. */
export function pausedFor(plan: Plan, { systems }: Platform, setting: ModeSetting): readonly string[] {
  const changed = plan.resources.filter(({ result }) => result !== 'unchanged')
  const concerned = new Set(
    changed.flatMap(({ kind, name }) => {
      if (kind === 'System') return [name]
      return kind === 'Workload' ? [name.slice(0, name.indexOf('/'))] : []
    }),
  )
  const modes = systems.filter(({ name }) => concerned.has(name)).map((system) => modeOf(setting, system))
  return [...new Set(modes.flatMap(({ mode, why }) => (mode === 'paused' && why !== undefined ? [why] : [])))]
}
