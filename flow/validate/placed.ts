import * as z from 'zod'
import type { Ceiling } from '../../domain/ceiling.ts'
import type { NamedSystem } from '../../domain/capability.ts'
import type { Problem } from '../../domain/records.ts'
import { check } from '../../manifests/check.ts'
import { explain, type Explanation } from '../../manifests/explain.ts'
import { valueAt } from '../../manifests/schema.ts'
import type { Candidate } from './candidate.ts'

/** What the Workload schema knows and the flow does not. */
export interface PlacedChecks {
  /** The spec as one environment sees it, overrides merged. */
  forEnvironment(spec: never, environment: string): unknown
  /** Of that: an object, with what must hold between its members. */
  readonly schema: z.ZodObject
}

/** Each is validated by itself: without a bound, a file could ask for the product of its length with itself. */
const maximumEnvironments = 50

/**
 * Each environment's merged spec against its schema and the system's ceilings. What is wrong without the override too
 * is reported once, where the base says it; what the override makes wrong is reported in the override.
 */
export function checkPlacements(
  candidate: Candidate,
  placed: PlacedChecks,
  ceilings: readonly Ceiling<never>[],
  system: NamedSystem | undefined,
): Problem[] {
  const spec = valueAt(candidate.value, ['spec'])
  const names = Object.keys(valueAt(spec, ['environments']) ?? {})
  if (names.length > maximumEnvironments) return tooMany(candidate, names.length)
  const findings = (of: unknown, environment: string) =>
    findingsOf(placed.forEnvironment(of as never, environment), placed.schema, ceilings, system)
  const base = findings({ ...(spec as object), environments: { base: {} } }, 'base')
  const known = new Set(base.map(textOf))
  return names.flatMap((name) =>
    findings(spec, name).flatMap((finding) =>
      candidate.problem(known.has(textOf(finding)) ? finding : inOverride(finding, name)),
    ),
  )
}

function findingsOf(
  merged: unknown,
  schema: z.ZodObject,
  ceilings: readonly Ceiling<never>[],
  system: NamedSystem | undefined,
): Explanation[] {
  // Member by member first, so that what is left of a spec with problems can be looked at too.
  const members = z.strictObject(schema.shape)
  const { explanations, value, cut } = check({ spec: merged }, members, { base: ['spec'] })
  if (value === undefined) return [...explanations]
  const subject = { schema: members, base: ['spec'], value: { spec: value }, written: () => undefined }
  const between = explain(schema.safeParse(value).error?.issues ?? [], subject)
  const above = system ? ceilings.flatMap((ceiling) => violations(ceiling, value, system)) : []
  return [...explanations, ...[...between, ...above].filter(({ path }) => !cut.touches(path))]
}

function tooMany(candidate: Candidate, count: number): Problem[] {
  const message = `\`spec.environments\` must have at most ${maximumEnvironments} entries, and has ${count}`
  return candidate.problem({ path: ['spec', 'environments'], about: 'key', message })
}

function violations(ceiling: Ceiling<never>, merged: unknown, system: NamedSystem): Explanation[] {
  return ceiling.check(merged as never, system).map(({ path, message }) => {
    const value = valueAt(merged, path)
    const whole = typeof value === 'object' && value !== null && !Array.isArray(value)
    return { path: ['spec', ...path], about: whole ? 'whole' : 'value', message }
  })
}

function inOverride(finding: Explanation, environment: string): Explanation {
  const path = ['spec', 'environments', environment, ...finding.path.slice(1)]
  return { ...finding, path, message: `in environment ${environment}: ${finding.message}` }
}

function textOf({ path, message }: Explanation): string {
  return JSON.stringify([path, message])
}
