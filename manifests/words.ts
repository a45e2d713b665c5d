import type * as z from 'zod'
import { didYouMean, oneOf } from './suggest.ts'

/** How a scalar stands in the file. */
export interface Written {
  readonly source: string
  readonly plain: boolean
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map (`key: value`)',
  record: 'a map (`key: value`)',
  array: 'a list (`- item`)',
}

/** `text`, `a list (…)`: what a schema wants, for people. */
export function kindOf(expected: string): string {
  return kinds[expected] ?? expected
}

export function kindOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'boolean') return String(value)
  return kindOf(Array.isArray(value) ? 'array' : typeof value)
}

/** What is wrong with a value that is there, and what to write instead; begins with `must`, or is a schema's own words. */
export function describe(issue: z.core.$ZodIssue, value: unknown, written: Written | undefined): string {
  // The schemas' own messages are lower-case sentences; the library's begin with a capital.
  if (!/^[A-Z]/.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return describeType(issue.expected, value, written)
    case 'invalid_value':
      return describeChoice(issue.values, value)
    case 'too_small':
      return describeBound('least', Number(issue.minimum), issue.origin, value)
    case 'too_big':
      return describeBound('most', Number(issue.maximum), issue.origin, value)
    case 'invalid_format':
      return describeFormat(issue)
    default:
      return `must be valid (${issue.message})`
  }
}

export function describeChoice(values: readonly unknown[], value: unknown): string {
  if (values.length === 1) return `must be ${oneOf(values)}`
  return `must be one of ${oneOf(values)}${didYouMean(value, values.map(String))}`
}

/** YAML 1.1 readers take these for booleans; YAML 1.2, and therefore Fairway, for text. */
const booleanWords: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  y: true,
  no: false,
  off: false,
  n: false,
}

function describeType(expected: string, value: unknown, written: Written | undefined): string {
  const wanted = `must be ${kindOf(expected)}`
  if (value === null) return written?.source === '' ? `${wanted}, but has no value` : `${wanted}, not null`
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    const source = written?.source ?? String(value)
    const reading = source === String(value) ? `a ${typeof value}` : `the ${typeof value} ${String(value)}`
    return `${wanted}, but YAML reads ${shown(source)} as ${reading}; put it in quotes: ${shown(JSON.stringify(source))}`
  }
  if (expected === 'boolean' && typeof value === 'string') {
    const meant = booleanWords[value.toLowerCase()]
    if (meant !== undefined) return `${wanted}; YAML 1.2 reads ${shown(value)} as text: write ${shown(String(meant))}`
  }
  if ((expected === 'number' || expected === 'int') && typeof value === 'string') {
    const number = Number(value.replaceAll('_', ''))
    if (value !== '' && Number.isFinite(number)) return `${wanted}, not text: write ${shown(String(number))}`
  }
  return `${wanted}, not ${kindOfValue(value)}`
}

function describeBound(bound: 'least' | 'most', limit: number, origin: string, value: unknown): string {
  if (origin === 'number' || origin === 'int') return `must be at ${bound} ${limit}, and is ${String(value)}`
  const things = { string: 'character', array: 'item' }[origin] ?? 'entry'
  const plural = things === 'entry' ? 'entries' : `${things}s`
  if (bound === 'least' && limit === 1) return 'must not be empty'
  return `must have at ${bound} ${limit} ${limit === 1 ? things : plural}`
}

function describeFormat(issue: z.core.$ZodIssueInvalidStringFormat): string {
  if (issue.format === 'url') return 'must be a URL such as https://git.example.com/team/repository.git'
  if (issue.format === 'cidrv4') return 'must be an IPv4 range such as 10.0.0.0/8'
  if (issue.format === 'starts_with') return `must start with ${shown((issue as { prefix?: string }).prefix ?? '')}`
  return issue.pattern === undefined ? `must be ${issue.format}` : `must match ${issue.pattern}`
}

function shown(text: string): string {
  return `\`${text.length > 80 ? `${text.slice(0, 80)}…` : text}\``
}
