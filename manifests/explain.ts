import * as z from 'zod'
import { quote } from './locate.ts'
import { formatPath, type Path } from './position.ts'
import { branchesOf, knownKeys, likeness, meantBranch, nestedKey, schemaAt, valueAt } from './schema.ts'
import { nearest, oneOf } from './suggest.ts'
import { describe, describeChoice, kindOf, kindOfValue, type Written } from './words.ts'

/** One thing that is wrong, where, and what to write instead. */
export interface Explanation {
  readonly path: Path
  /** `whole`: a map lacks something, or its members do not go together. */
  readonly about: 'unknown key' | 'missing key' | 'key' | 'value' | 'whole'
  readonly message: string
  /** For an unknown key: the one that was probably meant. */
  readonly suggestion?: string
}

/** What was validated. */
export interface Subject {
  /** Of the value at `base`; paths of issues begin there. */
  readonly schema: z.core.$ZodType | undefined
  readonly base: Path
  /** The whole resource. */
  readonly value: unknown
  /** A scalar as it stands in the file, at a path from the root. */
  readonly written: (path: Path) => Written | undefined
}

/** A validation's issues in plain words, one mistake each; in a union, of the branch that was evidently meant. */
export function explain(issues: readonly z.core.$ZodIssue[], subject: Subject): Explanation[] {
  const explanations = issues.flatMap((issue) =>
    explainOne(issue, subject, [...subject.base, ...(issue.path as (string | number)[])]),
  )
  return withoutConsequences(explanations)
}

function explainOne(issue: z.core.$ZodIssue, subject: Subject, path: Path): Explanation[] {
  if (issue.code === 'unrecognized_keys') {
    const schema = schemaOf(subject, path)
    const meant = schema && meantBranch(schema, valueAt(subject.value, path))
    return issue.keys.map((key) => unknownKey([...path, key], meant))
  }
  if (issue.code === 'invalid_union') return explainUnion(issue, subject, path)
  if (issue.code === 'invalid_key') return [...wrongName(issue, path), ...underWrongName(subject, path)]
  const value = valueAt(subject.value, path)
  if (value === undefined && issue.code !== 'custom') return [missingKey(path, choicesOf(issue))]
  return [explainValue(path, value, describe(issue, value, subject.written(path)))]
}

function wrongName(issue: z.core.$ZodIssueInvalidKey, path: Path): Explanation[] {
  const name = String(path.at(-1))
  return issue.issues.map((inner) => {
    const words = describe(inner, name, undefined)
    return { path, about: 'key', message: `the name ${quote(name)}${words.startsWith('must ') ? '' : ':'} ${words}` }
  })
}

/** The library does not look at the value of a record's key that it refuses. */
function underWrongName(subject: Subject, path: Path): Explanation[] {
  const schema = schemaOf(subject, path)
  const result = schema && z.safeParse(schema, valueAt(subject.value, path))
  return result?.error ? explain(result.error.issues, { ...subject, schema, base: path }) : []
}

function schemaOf({ schema, base, value }: Subject, path: Path): z.core.$ZodType | undefined {
  return schema && schemaAt(schema, path.slice(base.length), valueAt(value, base))
}

function choicesOf(issue: z.core.$ZodIssue): readonly unknown[] {
  if (issue.code === 'invalid_value') return issue.values
  return (issue.code === 'invalid_union' && 'options' in issue && issue.options) || []
}

/** `words` begin with `must`, or are a sentence of their own. */
export function explainValue(path: Path, value: unknown, words: string): Explanation {
  const where = formatPath(path)
  const message = where === '' ? words : `${quote(where)}${words.startsWith('must ') ? '' : ':'} ${words}`
  // What is wrong with a map as a whole is something that it lacks, or a combination.
  const whole = value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))
  return { path, about: whole ? 'whole' : 'value', message }
}

function unknownKey(path: Path, schema: z.core.$ZodType | undefined): Explanation {
  const key = String(path.at(-1))
  const known = knownKeys(schema)
  const suggestion = nestedKey(schema, key) ?? nearest(key, known)
  if (suggestion !== undefined) {
    const message = `unknown key ${quote(key)}; did you mean \`${suggestion}\`?`
    return { path, about: 'unknown key', message, suggestion }
  }
  const help = known.length > 0 ? `; known here: ${known.join(', ')}` : ''
  return { path, about: 'unknown key', message: `unknown key ${quote(key)}${help}` }
}

export function missingKey(path: Path, choices: readonly unknown[]): Explanation {
  const help = choices.length === 0 ? '' : `; it is ${choices.length === 1 ? '' : 'one of '}${oneOf(choices)}`
  return { path, about: 'missing key', message: `${quote(formatPath(path))} is missing${help}` }
}

function explainUnion(issue: z.core.$ZodIssueInvalidUnion, subject: Subject, path: Path): Explanation[] {
  const value = valueAt(subject.value, path)
  const choices = choicesOf(issue)
  if (value === undefined) return [missingKey(path, choices)]
  if (issue.discriminator !== undefined) return [explainValue(path, value, describeChoice(choices, value))]
  const schemas = branchesOf(schemaOf(subject, path))
  const branches = issue.errors.map((errors, index) => branch(errors, schemas[index], value))
  const fitting = branches.filter(({ kind }) => kind === undefined)
  if (fitting.length === 0) {
    const wanted = [...new Set(branches.map(({ kind }) => kindOf(kind ?? '')))].join(' or ')
    return [explainValue(path, value, `must be ${wanted}, not ${kindOfValue(value)}`)]
  }
  const best = Math.max(...fitting.map(({ likeness }) => likeness))
  const [meant, ...others] = fitting.filter(({ likeness }) => likeness === best)
  if (meant && others.length === 0) return explain(meant.errors, { ...subject, schema: meant.schema, base: path })
  return [ambiguous(fitting, best, value, path)]
}

interface Branch {
  readonly errors: readonly z.core.$ZodIssue[]
  readonly schema: z.core.$ZodType | undefined
  /** What kind of value it wants, when this is not one. */
  readonly kind: string | undefined
  readonly likeness: number
}

function branch(errors: readonly z.core.$ZodIssue[], schema: z.core.$ZodType | undefined, value: unknown): Branch {
  const mismatch = errors.find((error) => error.code === 'invalid_type' && error.path.length === 0)
  const kind = mismatch?.code === 'invalid_type' ? mismatch.expected : undefined
  return { errors, schema, kind, likeness: likeness(schema, value) }
}

function ambiguous(branches: readonly Branch[], best: number, value: unknown, path: Path): Explanation {
  const keys = oneOf([...new Set(branches.flatMap(({ schema }) => knownKeys(schema)))])
  return explainValue(path, value, `must have ${best > 0 ? 'only one' : 'one'} of ${keys}`)
}

/** A misspelt key is one mistake, not two: the key that it was meant to be is not missing. */
function withoutConsequences(explanations: readonly Explanation[]): Explanation[] {
  const meant = new Set(
    explanations.flatMap(({ path, suggestion }) => (suggestion ? [keyOf([...path.slice(0, -1), suggestion])] : [])),
  )
  return explanations.filter(({ about, path }) => about !== 'missing key' || !meant.has(keyOf(path)))
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}
