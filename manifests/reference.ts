import type { JsonSchema } from './jsonschema.ts'

/** The resource reference, in Markdown: every field of every kind with its type, default and description. */
export function reference(schemas: readonly JsonSchema[], introduction: string): string {
  return [introduction.trim(), ...schemas.map(kindSection)].join('\n\n').concat('\n')
}

function kindSection(schema: JsonSchema): string {
  const rows = fieldsOf(schema, '').map(({ path, type, need, description }) =>
    [`\`${path}\``, type, need, description].map(cell).join(' | '),
  )
  return [
    `## ${schema.title ?? ''}`,
    schema.description ?? '',
    [
      '| field | type | required, or default | what it is |',
      '| --- | --- | --- | --- |',
      ...rows.map((row) => `| ${row} |`),
    ].join('\n'),
  ].join('\n\n')
}

interface Field {
  readonly path: string
  readonly type: string
  readonly need: string
  readonly description: string
}

function fieldsOf(schema: JsonSchema, path: string): Field[] {
  const required = new Set(schema.required)
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`
    const field = {
      path: at,
      type: typeOf(member),
      need: needOf(member, required.has(name)),
      description: member.description ?? '',
    }
    return [field, ...fieldsOf(member, at)]
  })
  const entries =
    typeof schema.additionalProperties === 'object' ? fieldsOf(schema.additionalProperties, `${path}.<name>`) : []
  const items = schema.items ? fieldsOf(schema.items, `${path}[]`) : []
  return [...own, ...entries, ...items, ...distinct(branchesOf(schema).flatMap((branch) => fieldsOf(branch, path)))]
}

/** A field that several branches of a union have is listed once; constants are collected. */
function distinct(fields: readonly Field[]): Field[] {
  const byPath = new Map<string, Field>()
  for (const field of fields) {
    const same = byPath.get(field.path)
    const type = same && same.type !== field.type ? `${same.type} or ${field.type}` : field.type
    const description = same?.type.startsWith('`')
      ? `${same.description} ${field.description}`
      : (same?.description ?? field.description)
    byPath.set(field.path, { ...field, ...same, type, description })
  }
  return [...byPath.values()]
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ')
  const branches = branchesOf(schema)
  if (branches.length > 0) return [...new Set(branches.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    return `map of name to ${typeOf(schema.additionalProperties)}`
  }
  if (schema.type === 'string') return 'text'
  if (schema.type === 'boolean') return '`true` or `false`'
  if (schema.type === 'integer' || schema.type === 'number') return `whole number${range(schema)}`
  return schema.type === 'object' ? 'map' : (schema.type ?? 'anything')
}

function range({ minimum, maximum }: JsonSchema): string {
  // The largest that JSON holds exactly is no limit of a field.
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER && high !== undefined) return `, ${minimum} to ${high}`
  return ''
}

function needOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required'
  if (schema.default === undefined) return ''
  const text = JSON.stringify(schema.default)
  return text === '{}' || text === '[]' ? '' : `\`${text.replaceAll(/^"|"$/g, '')}\``
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? []
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
