import * as z from 'zod'
import type { Ceiling } from '../../domain/ceiling.ts'
import type { NamedSystem } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import type { Problem } from '../../domain/records.ts'
import { check, isConsequence } from '../../manifests/check.ts'
import { explain, type Explanation } from '../../manifests/explain.ts'
import { schemaAt, valueAt } from '../../manifests/schema.ts'
import type { Candidate } from './candidate.ts'

/** What the Workload schema knows and the flow does not. */
export interface PlacedChecks {
  /** The spec as one environment sees it, overrides merged. */
  forEnvironment(spec: never, environment: string): unknown
  /** Its schema, with what must hold between its members. */
  check(placed: never): z.ZodSafeParseResult<unknown>
}

/**
 * Each environment's merged spec against its schema and the system's ceilings. What is wrong without the override too
 * is reported once, where the base says it; what the override makes wrong is reported in the override.
 */
export function checkPlacements(
  candidate: Candidate,
  workload: z.core.$ZodType,
  placed: PlacedChecks,
  ceilings: readonly Ceiling<never>[],
  system: NamedSystem | undefined,
): Problem[] {
  const spec = valueAt(candidate.value, ['spec'])
  const environments = valueAt(spec, ['environments'])
  if (typeof environments !== 'object' || environments === null) return []
  const schema = withoutEnvironments(workload)
  const findings = (of: object, environment: string): Explanation[] => {
    const merged = placed.forEnvironment(of as never, environment)
    const { explanations, value, cut } = check({ spec: merged }, schema, { base: ['spec'] })
    if (value === undefined) return [...explanations]
    const issues = placed.check(value as never).error?.issues ?? []
    const between = explain(issues, { schema, base: ['spec'], value: { spec: value }, written: () => undefined })
    const above = system ? ceilings.flatMap((ceiling) => violations(ceiling, value, system)) : []
    return [...explanations, ...[...between, ...above].filter(({ path }) => !isConsequence(path, cut))]
  }
  return Object.keys(environments).flatMap((environment) => {
    const base = findings({ ...(spec as object), environments: { [environment]: {} } }, environment).map(textOf)
    return findings(spec as object, environment).flatMap((finding) =>
      candidate.problem(base.includes(textOf(finding)) ? finding : inOverride(finding, environment)),
    )
  })
}

/** For what is left of a spec with problems: `check` of the placed spec needs all of it. */
function withoutEnvironments(workload: z.core.$ZodType): z.core.$ZodType {
  const spec = schemaAt(workload, ['spec'], undefined)
  if (!(spec instanceof z.ZodObject)) throw new Terminal('the Workload schema has no spec')
  const { environments: _, ...shape } = spec.shape
  return z.strictObject(shape)
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
