import { Ajv, type ValidateFunction } from 'ajv'
import * as ajvFormats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import type { GitHubCall } from '../../local/github/http.ts'

/**
 * What calls differ in from GitHub's published OpenAPI description: requests, and the answers that the stand-in gives.
 * The description is large: make one of these in a file of tests.
 */
export function githubSchema(): { readonly problems: (calls: readonly GitHubCall[]) => readonly string[] } {
  const file = new URL('../../node_modules/@octokit/openapi/generated/api.github.com.json', import.meta.url)
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false })
  ajvFormats.default.default(ajv)
  const context: Context = { description, ajv, compiled: new Map() }
  return { problems: (calls) => calls.flatMap((call) => problemsOf(context, call)) }
}

interface Schema {
  readonly [keyword: string]: unknown
  readonly $ref?: string
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}
interface Content {
  readonly content?: { readonly 'application/json'?: { readonly schema: Schema } }
}
interface Operation {
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content | { readonly $ref: string }>>
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
interface Context {
  readonly description: Description
  readonly ajv: Ajv
  readonly compiled: Map<Schema, ValidateFunction>
}

function problemsOf(context: Context, call: GitHubCall): readonly string[] {
  const name = `${call.method} ${call.path}`
  // Not REST. The stand-in takes one query, whose few fields are in GitHub's schema: https://docs.github.com/en/graphql/reference/objects#repository
  if (name === 'POST /graphql') return []
  const found = operationOf(context.description, call)
  if (found === undefined) return [`${name} is no operation of GitHub’s API`]
  const { operation, path } = found
  const parameters = (operation.parameters ?? []).map((one) => resolved<Parameter>(context, one))
  return [
    ...parameters.flatMap((parameter) => wrongParameter(context, parameter, path, call.query)),
    ...Object.keys(call.query)
      .filter((key) => !parameters.some((parameter) => parameter.in === 'query' && parameter.name === key))
      .map((key) => `has no query parameter ${key}`),
    ...wrongBody(context, operation, call.body),
    ...(call.faulty ? [] : wrongAnswer(context, operation, call)),
  ].map((problem) => `${name}: ${problem}`)
}

function operationOf(description: Description, { method, path }: GitHubCall) {
  for (const [template, operations] of Object.entries(description.paths)) {
    const operation = operations[method.toLowerCase()]
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const values = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(path)?.slice(1)
    if (operation === undefined || values === undefined) continue
    return {
      operation,
      path: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')])),
    }
  }
  return undefined
}

function wrongParameter(
  context: Context,
  parameter: Parameter,
  path: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>>,
): readonly string[] {
  const given = { path, query, header: {} as Readonly<Record<string, string>> }[parameter.in][parameter.name]
  if (given === undefined) return parameter.required === true ? [`lacks the parameter ${parameter.name}`] : []
  const { type } = resolved<Schema>(context, parameter.schema)
  const value = type === 'integer' && /^\d+$/.test(given) ? Number(given) : given
  return violations(context, parameter.schema, value, parameter.name)
}

function wrongBody(context: Context, { requestBody }: Operation, body: unknown): readonly string[] {
  const schema = requestBody?.content?.['application/json']?.schema
  if (schema === undefined) return body === undefined ? [] : ['takes no body']
  const known = Object.keys(schema['properties'] ?? {})
  return [
    ...violations(context, schema, body ?? {}, 'body'),
    ...Object.keys(body ?? {})
      .filter((key) => !known.includes(key))
      .map((key) => `body/${key} is not documented`),
  ]
}

/** Refusals that an operation does not list itself have the common form. */
function wrongAnswer(context: Context, { responses }: Operation, { status, answer }: GitHubCall): readonly string[] {
  const listed = responses[String(status)]
  if (listed === undefined && status < 400 && status !== 301) return [`does not answer ${status}`]
  const common = { $ref: '#/components/schemas/basic-error' }
  const content = listed && resolved<Content>(context, listed).content?.['application/json']?.schema
  return violations(context, content ?? common, answer, `answer ${status}`)
}

function violations(context: Context, schema: Schema, value: unknown, at: string): readonly string[] {
  const validate = context.compiled.get(schema) ?? context.ajv.compile(inlined(context, schema, []))
  context.compiled.set(schema, validate)
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${at}${instancePath} ${message}`)
}

function resolved<Value>({ description }: Context, value: Value | { readonly $ref: string }): Value {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value
  const steps = value.$ref.slice(2).split('/')
  return steps.reduce<unknown>((at, step) => (at as Readonly<Record<string, unknown>>)[step], description) as Value
}

/** References replaced by what they name; OpenAPI 3.0's `nullable`, which JSON Schema does not know, by `null`. */
function inlined(context: Context, value: unknown, within: readonly string[]): Schema {
  const inline = (one: unknown) => inlined(context, one, within)
  if (Array.isArray(value)) return value.map(inline) as unknown as Schema
  if (typeof value !== 'object' || value === null) return value as Schema
  const { $ref } = value as Schema
  if (typeof $ref === 'string') {
    // A schema that contains itself is looked at once.
    return within.includes($ref) ? {} : inlined(context, resolved<Schema>(context, { $ref }), [...within, $ref])
  }
  const { nullable, example: _example, examples: _examples, ...rest } = value as Schema
  const schema = Object.fromEntries(Object.entries(rest).map(([key, member]) => [key, inline(member)]))
  return nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema
}
