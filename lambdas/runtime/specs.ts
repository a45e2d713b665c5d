import { forEnvironment, type WorkloadSpec } from '../../capabilities/schema.ts'
import type { Specs } from '../../flow/world.ts'

export const specs: Specs = {
  environmentsOf: (spec) => Object.keys((spec as WorkloadSpec).environments),
  forEnvironment: (spec, environment) => forEnvironment(spec as WorkloadSpec, environment),
}
