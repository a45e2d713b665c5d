import * as z from 'zod'
import type { Path } from './position.ts'
import { nearest } from './suggest.ts'

/** What a schema knows at a place: for suggestions, and for JSON Schema's readers. */

/** Without optional, default and the like. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodReadonly
  ) {
    inner = inner.unwrap()
  }
  return inner
}

/** The schema that governs the value at a path; on the way, values decide between the branches of unions. */
export function schemaAt(schema: z.core.$ZodType, path: Path, value: unknown): z.core.$ZodType | undefined {
  let at: z.core.$ZodType | undefined = schema
  let here = value
  for (const part of path) {
    at = at && member(unwrap(at), part, here)
    here = memberOf(here, part)
  }
  return at && unwrap(at)
}

/** Keys of an object schema; none for everything else. */
export function knownKeys(schema: z.core.$ZodType | undefined): readonly string[] {
  const inner = schema && unwrap(schema)
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

/** `scaling.min` for `min` where a member of the schema knows that key. */
export function nestedKey(schema: z.core.$ZodType | undefined, key: string): string | undefined {
  const inner = schema && unwrap(schema)
  if (!(inner instanceof z.ZodObject)) return undefined
  const parent = Object.keys(inner.shape).find((name) => knownKeys(inner.shape[name]).includes(key))
  return parent && `${parent}.${key}`
}

export function branchesOf(schema: z.core.$ZodType | undefined): readonly z.core.$ZodType[] {
  const inner = schema && unwrap(schema)
  return inner instanceof z.ZodUnion ? inner.options : []
}

export function memberOf(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
  return (value as Record<string | number, unknown>)[part]
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(memberOf, value)
}

function member(schema: z.core.$ZodType, part: string | number, value: unknown): z.core.$ZodType | undefined {
  const chosen = meantBranch(schema, value)
  if (chosen instanceof z.ZodObject) return chosen.shape[part]
  if (chosen instanceof z.ZodRecord) return chosen.valueType
  if (chosen instanceof z.ZodArray) return chosen.element
  return undefined
}

/** How much a value looks like one of this schema: keys that are its own, and those that nearly are. */
export function likeness(schema: z.core.$ZodType | undefined, value: unknown): number {
  const known = knownKeys(schema)
  if (typeof value !== 'object' || value === null) return 0
  const own = Object.keys(value).filter((key) => known.includes(key))
  const near = Object.keys(value).filter((key) => !known.includes(key) && nearest(key, known) !== undefined)
  return own.length * 2 + near.length
}

/** The branch of a union that the value evidently is; the schema itself when it is no union. */
export function meantBranch(schema: z.core.$ZodType, value: unknown): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const key = schema.def.discriminator
    return schema.options.find((option) => {
      const literal = option instanceof z.ZodObject ? unwrap(option.shape[key] as z.core.$ZodType) : undefined
      return literal instanceof z.ZodLiteral && literal.values.has(memberOf(value, key) as string)
    })
  }
  if (!(schema instanceof z.ZodUnion)) return schema
  const best = Math.max(...schema.options.map((option) => likeness(option, value)))
  const meant = schema.options.filter((option) => likeness(option, value) === best)
  return meant.length === 1 ? meant[0] : schema
}
