import type { Installation } from '../../domain/capability.ts'
import type { Explain, PlacementChange, WorkloadChange } from '../../domain/changes.ts'
import type { CheckRun, Checks } from '../../domain/checks.ts'
import type { Fleet } from '../../domain/fleet.ts'
import type { SourceReader } from '../../domain/git.ts'
import type { Store } from '../../domain/store.ts'
import type { Brake, Validate } from '../source/ports.ts'
import type { Specs } from '../world.ts'

/** The capabilities' words about a change; each sees its own part of the spec. */
export interface Explains {
  readonly workload: readonly Explain<WorkloadChange>[]
  readonly placement: readonly Explain<PlacementChange<never>>[]
}

export interface CheckPorts {
  readonly store: Store
  readonly reader: Pick<SourceReader, 'readRef'>
  readonly checks: Checks
  readonly validate: Validate
  readonly installation: Installation
  readonly specs: Specs
  readonly explains: Explains
  readonly brake: Brake
  readonly fleet: Pick<Fleet, 'mode'>
}

export interface Checked {
  /** `nothing`: there was nothing to say, or nobody to say it to; `why` says which. */
  readonly result: 'written' | 'unchanged' | 'nothing'
  readonly why?: string
  readonly commit?: string
  readonly conclusion?: CheckRun['conclusion']
  readonly title?: string
}
