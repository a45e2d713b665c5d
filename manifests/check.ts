import * as z from 'zod'
import { explain, type Explanation } from './explain.ts'
import type { Path } from './position.ts'
import { valueAt } from './schema.ts'
import type { Written } from './words.ts'

export interface Checked {
  /** Empty: the value is valid. */
  readonly explanations: readonly Explanation[]
  /** Validated: all of it, or what is left without the parts that are wrong. Undefined when too little is left. */
  readonly value: unknown
  /** What was left out or stood in for; a finding about what encloses or lies under it may be a consequence. */
  readonly cut: readonly Path[]
}

export interface Context {
  /** Where the validated value stands in `value`; by default it is all of it. */
  readonly base?: Path
  written?(path: Path): Written | undefined
}

/** Each round takes out at least one part; deeper than resources are nested, so that the last one is the whole. */
const maximumRounds = 20

/**
 * Validates, and finds every problem: the library does not run a refinement over a part that has another problem, so
 * the wrong parts are taken out and the rest is validated again, until nothing is wrong with what is left. Members of
 * the resource and of its `spec` may then be absent although the schema requires them.
 */
export function check(value: unknown, schema: z.core.$ZodType, context: Context = {}): Checked {
  const { base = [], written = () => undefined } = context
  const rest: unknown = structuredClone(value)
  const explanations: Explanation[] = []
  const cut: Path[] = []
  let relaxed = schema
  for (let round = 0; round < maximumRounds; round++) {
    const result = z.safeParse(relaxed, valueAt(rest, base))
    if (result.success) return { explanations, value: result.data, cut }
    const found = explain(result.error.issues, { schema: relaxed, base, value: rest, written })
    explanations.push(...found.filter(({ path }) => !isConsequence(path, cut)))
    const wrong = [...found.map(({ path }) => path), ...cut]
    for (const { path, about } of found) {
      const optional = about === 'missing key' ? withOptional(relaxed, path.slice(base.length)) : undefined
      relaxed = optional ?? relaxed
      const whole = about === 'missing key' && !optional ? path.slice(0, -1) : path
      const removed = whole.length > base.length ? remove(rest, whole, wrong) : undefined
      if (removed === undefined) return { explanations, value: undefined, cut }
      if (about !== 'unknown key') cut.push(removed)
    }
  }
  return { explanations, value: undefined, cut }
}

/** About something that encloses what was cut, or lies under it. */
export function isConsequence(path: Path, cut: readonly Path[]): boolean {
  return cut.some((other) => isPrefix(path, other) || isPrefix(other, path))
}

/**
 * Takes out the part at the path, and says what went. A list keeps its indexes: a good item stands in for the wrong
 * one; without one the whole list goes. The root cannot go.
 */
function remove(root: unknown, path: Path, wrong: readonly Path[]): Path | undefined {
  if (path.length === 0) return undefined
  const parentPath = path.slice(0, -1)
  const parent = valueAt(root, parentPath)
  const key = path.at(-1) as string | number
  if (Array.isArray(parent)) {
    const good = parent.findIndex((_, index) => !wrong.some((other) => isPrefix([...parentPath, index], other)))
    if (good < 0) return remove(root, parentPath, wrong)
    parent[key as number] = structuredClone(parent[good])
  } else if (typeof parent === 'object' && parent !== null) {
    Reflect.deleteProperty(parent, key)
  }
  return path
}

function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => part === path[index])
}

/** The schema without the need for one member of the resource, or of its `spec`. */
function withOptional(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const [key, ...inner] = path
  // A refinement may rely on what it requires.
  if (!(schema instanceof z.ZodObject) || schema.def.checks?.length || typeof key !== 'string') return undefined
  const member = schema.shape[key] as z.ZodType | undefined
  if (member === undefined || inner.length > 1) return undefined
  const relaxed = inner.length === 0 ? z.optional(member) : withOptional(member, inner)
  return relaxed && z.strictObject({ ...schema.shape, [key]: relaxed })
}
