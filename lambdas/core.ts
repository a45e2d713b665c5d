import * as z from 'zod'
import type { Installation } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { Fleet } from '../domain/fleet.ts'
import type { Pace } from '../domain/pace.ts'
import type { Store } from '../domain/store.ts'
import type { StartLimits } from '../flow/start.ts'
import type { Specs } from '../flow/world.ts'
import type { SweepTimes } from '../flow/sweep.ts'

/** What nearly every stage needs, the same in AWS and in one process. */
export interface Core {
  readonly installation: Installation
  readonly store: Store
  readonly clock: Clock
  readonly specs: Specs
  readonly sweep: SweepTimes
  readonly pace: Pace
  readonly fleet: Fleet
  readonly start: StartLimits
}

/** What a machine's `Catch` hands over. */
export const caught = z.object({ Error: z.string(), Cause: z.string().default('') })

/** How a handler gets its ports: composed at the first invocation, kept for the instance's life. */
export type Runtime<Ports> = () => Promise<Ports>

export function once<Ports>(compose: () => Promise<Ports> | Ports): Runtime<Ports> {
  let ports: Promise<Ports> | undefined
  return () => (ports ??= Promise.resolve(compose()))
}
