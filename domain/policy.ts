import { canonical } from './hash.ts'

/** IAM policy documents: written canonically, compared by meaning. */

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

export interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal?: Readonly<Record<string, string | readonly string[]>>
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: ConditionBlock
}

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly PolicyStatement[]
}

/** Equal documents, equal text. */
export function policyText(document: PolicyDocument): string {
  return canonical(document)
}

/**
 * Same meaning, although services reorder lists, unwrap lists of one, and URL-encode (IAM does). `Sid` is a
 * comment. What cannot be parsed is different.
 */
export function samePolicy(wanted: PolicyDocument, observed: string | undefined): boolean {
  if (observed === undefined) return false
  const parsed = parse(observed)
  return parsed !== undefined && canonical(meaning(parsed)) === canonical(meaning(wanted))
}

/** The statements of a document as a service gives it; none of what cannot be parsed. */
export function statementsOf(observed: string): readonly PolicyStatement[] {
  const document = parse(observed)
  return (isObject(document) ? list(document['Statement']).filter(isObject) : []) as unknown as PolicyStatement[]
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.trimStart().startsWith('{') ? text : decodeURIComponent(text))
  } catch {
    return undefined
  }
}

function meaning(document: unknown): unknown {
  if (!isObject(document)) return document
  const statements = list(document['Statement']).map(statementMeaning)
  return { ...document, Statement: statements.sort(byText) }
}

function statementMeaning(statement: unknown): unknown {
  if (!isObject(statement)) return statement
  const { Sid: _comment, ...rest } = statement
  return Object.fromEntries(
    Object.entries(rest).map(([key, value]) => {
      if (key === 'Action' || key === 'NotAction')
        return [key, set(list(value).map((action) => String(action).toLowerCase()))]
      if (key === 'Resource' || key === 'NotResource') return [key, set(list(value))]
      // "*" and {"AWS": "*"} differ for role trust; anything else is a map of lists.
      if (key === 'Principal' || key === 'NotPrincipal') return [key, isObject(value) ? sets(value) : value]
      if (key === 'Condition' && isObject(value)) return [key, conditionMeaning(value)]
      return [key, value]
    }),
  )
}

/** Operators and keys are case-insensitive; values are not. */
function conditionMeaning(block: Record<string, unknown>): unknown {
  return Object.fromEntries(
    Object.entries(block).map(([operator, keys]) => [lower(operator), isObject(keys) ? sets(keys, lower) : keys]),
  )
}

function sets(value: Record<string, unknown>, key: (name: string) => string = (name) => name): unknown {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [key(name), set(list(member))]))
}

function set(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [canonical(value), value])).values()].sort(byText)
}

function list(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

function lower(value: string): string {
  return value.toLowerCase()
}

function byText(left: unknown, right: unknown): number {
  const [a, b] = [canonical(left), canonical(right)]
  return a < b ? -1 : a > b ? 1 : 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
