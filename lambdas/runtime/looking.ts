import type { LookPorts } from '../../flow/fleet/look.ts'
import type { AwsCore } from './core.ts'
import { brakeOf } from './brake.ts'

/** The longest look, and a minute for clocks that differ: the functions' own limit is in infra/stages.ts. */
export const longestLook = 660_000

/** What both functions that look have. */
export function looking({ config, ...core }: AwsCore): Omit<LookPorts, 'compare'> {
  return {
    ...core,
    brake: brakeOf(config),
    sample: { size: config.FAIRWAY_FLEET_SAMPLE, period: config.FAIRWAY_FLEET_MINUTES * 60_000 },
    longest: longestLook,
  }
}
