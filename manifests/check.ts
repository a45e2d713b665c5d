import * as z from 'zod'
import { explain, type Explanation } from './explain.ts'
import { PathSet } from './pathset.ts'
import type { Path } from './position.ts'
import { valueAt } from './schema.ts'
import type { Written } from './words.ts'

export interface Checked {
  /** Empty: the value is valid. */
  readonly explanations: readonly Explanation[]
  /** Validated: all of it, or what is left without the parts that are wrong. Undefined when too little is left. */
  readonly value: unknown
  /** What was left out or stood in for: a finding that touches it may be a consequence. */
  readonly cut: PathSet
}

export interface Context {
  /** Where the validated value stands in `value`; by default it is all of it. */
  readonly base?: Path
  readonly written?: (path: Path) => Written | undefined
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
  const cut = new PathSet()
  let relaxed = schema
  for (let round = 0; round < maximumRounds; round++) {
    const result = z.safeParse(relaxed, valueAt(rest, base))
    if (result.success) return { explanations, value: result.data, cut }
    const found = explain(result.error.issues, { schema: relaxed, base, value: rest, written })
    explanations.push(...found.filter(({ path }) => !cut.touches(path)))
    const removal = new Removal(rest, found)
    for (const { path, about, suggestion } of found) {
      const optional = about === 'missing key' ? withOptional(relaxed, path.slice(base.length)) : undefined
      relaxed = optional ?? relaxed
      const whole = about === 'missing key' && !optional ? path.slice(0, -1) : path
      const removed = whole.length > base.length ? removal.remove(whole) : undefined
      if (removed === undefined) return { explanations, value: undefined, cut }
      if (about !== 'unknown key') cut.add(removed)
      // What was meant by a misspelt key is not missing.
      if (suggestion !== undefined) cut.add([...path.slice(0, -1), suggestion])
    }
  }
  return { explanations, value: undefined, cut }
}

/** Takes out parts of a value in place. */
class Removal {
  readonly #root: unknown
  readonly #wrong = new PathSet()
  /** By list: a good item, or that there is none. */
  readonly #good = new Map<unknown, { readonly item: unknown } | undefined>()

  constructor(root: unknown, found: readonly Explanation[]) {
    this.#root = root
    for (const { path } of found) this.#wrong.add(path)
  }

  /**
   * Says what went. A list keeps its indexes: a good item stands in for the wrong one; without one the whole list
   * goes. The root cannot go.
   */
  remove(path: Path): Path | undefined {
    if (path.length === 0) return undefined
    const parentPath = path.slice(0, -1)
    const parent = valueAt(this.#root, parentPath)
    const key = path.at(-1) as string | number
    if (Array.isArray(parent)) {
      const good = this.#goodItem(parent, parentPath)
      if (good === undefined) return this.remove(parentPath)
      parent[key as number] = structuredClone(good.item)
    } else if (typeof parent === 'object' && parent !== null) {
      Reflect.deleteProperty(parent, key)
    }
    return path
  }

  #goodItem(list: readonly unknown[], path: Path): { readonly item: unknown } | undefined {
    if (!this.#good.has(list)) {
      const index = list.findIndex((_, at) => !this.#wrong.encloses([...path, at]))
      this.#good.set(list, index < 0 ? undefined : { item: list[index] })
    }
    return this.#good.get(list)
  }
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
