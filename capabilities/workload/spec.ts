import type * as z from 'zod'
import type { PlacementSubject } from '../../domain/capability.ts'
import type { RenderInputs } from '../../domain/outputs.ts'
import type { workloadFields } from './schema.ts'

/** This capability's part of the Workload spec, with the environment's overrides merged. */
export type WorkloadPart = z.infer<z.ZodObject<typeof workloadFields>>

export type Subject = PlacementSubject<WorkloadPart>

/** A placement that is not being removed: what each object is made from. */
export interface Placement {
  readonly subject: Subject
  readonly spec: WorkloadPart
  readonly outputs: RenderInputs
}

/** In order of name, so that a store which reorders keys changes no byte (P1). */
export function sorted<Value>(map: Readonly<Record<string, Value>> | undefined): readonly (readonly [string, Value])[] {
  return Object.entries(map ?? {}).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
