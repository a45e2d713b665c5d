import type { SystemSpec } from './resources.ts'

/** What lies outside a system's ceiling, at a path into the spec; `message` says what to write instead. */
export interface Violation {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Pure. Each capability that has a ceiling exports one; admission runs all of them. */
export interface Ceiling<Spec> {
  check(spec: Spec, system: { readonly name: string; readonly spec: SystemSpec }): readonly Violation[]
}
