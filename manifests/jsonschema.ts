import * as z from 'zod'

/** The part of JSON Schema (draft-07) that the resources' schemas come out as. */
export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

/** Draft-07, because editors' YAML support understands no later one everywhere. */
const draft = 'http://json-schema.org/draft-07/schema#'

/** Of what people write: members that have a default need not be there. */
export function jsonSchema(title: string, schema: z.ZodType): JsonSchema {
  const { $schema: _, ...body } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema: node }) => {
      // The library's own names (`cidrv4`, `starts_with`), which no validator knows; `pattern` says the same.
      if (node.pattern !== undefined) delete node.format
    },
  })
  return { title, ...(body as JsonSchema) }
}

/** One file for one kind. */
export function schemaFile(schema: JsonSchema): string {
  return `${JSON.stringify({ $schema: draft, ...schema }, undefined, 2)}\n`
}

/** One file for all kinds: an editor picks the one whose `kind` fits. */
export function combinedSchemaFile(schemas: readonly JsonSchema[]): string {
  const definitions = Object.fromEntries(schemas.map((schema) => [schema.title ?? '', schema]))
  const oneOf = Object.keys(definitions).map((title) => ({ $ref: `#/definitions/${title}` }))
  return `${JSON.stringify({ $schema: draft, title: 'Fairway resource', oneOf, definitions }, undefined, 2)}\n`
}
