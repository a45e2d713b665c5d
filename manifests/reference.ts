import type { JsonSchema } from './jsonschema.ts'

/** The resource reference, in Markdown: every field of every kind with its type, default and description. */
export function reference(schemas: readonly JsonSchema[], introduction: string): string {
  return [introduction.trim(), ...schemas.map(kindSection)].join('\n\n').concat('\n')
}

function kindSection(schema: JsonSchema): string {
  const rows = fieldsOf(schema, '').map(({ path, type, need, description }) =>
    [`\`${path}\``, type, need, description].map(cell).join(' | '),
  )
  const head = ['field | type | required, or default | what it is', '--- | --- | --- | ---']
  const table = [...head, ...rows].map((row) => `| ${row} |`).join('\n')
  return [`## ${schema.title ?? ''}`, schema.description ?? '', table].join('\n\n')
}

interface Field {
  readonly path: string
  readonly type: string
  readonly need: string
  readonly description: string
}

function fieldsOf(schema: JsonSchema, path: string): Field[] {
  const required = new Set(schema.required)
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, member]): Field[] => {
    const at = path === '' ? name : `${path}.${name}`
    const need = needOf(member, required.has(name))
    return [{ path: at, type: typeOf(member), need, description: member.description ?? '' }, ...fieldsOf(member, at)]
  })
  const entries =
    typeof schema.additionalProperties === 'object' ? fieldsOf(schema.additionalProperties, `${path}.<name>`) : []
  const items = schema.items ? fieldsOf(schema.items, `${path}[]`) : []
  return [...own, ...entries, ...items, ...unionFields(branchesOf(schema), path)]
}

/** Each field of a union's branches once; where only some have it, it says which. */
function unionFields(branches: readonly JsonSchema[], path: string): Field[] {
  const maps = branches.filter(({ properties }) => properties !== undefined)
  const fields = maps.flatMap((branch) => fieldsOf(branch, path).map((field) => ({ field, kind: kindOf(branch) })))
  return [...new Set(fields.map(({ field }) => field.path))].flatMap((at) => {
    const found = fields.filter(({ field }) => field.path === at)
    const [first] = found
    if (first === undefined) return []
    const types = [...new Set(found.map(({ field }) => field.type))]
    if (types.length > 1) {
      const description = found.map(({ field }) => `${field.type}: ${field.description}`).join(' ')
      return [{ ...first.field, type: types.join(' or '), description }]
    }
    const some = found.length < maps.length ? found.flatMap(({ kind }) => kind ?? []) : []
    const need = [first.field.need, some.length > 0 ? `for ${some.join(' and ')}` : ''].filter(Boolean).join(' ')
    return [{ ...first.field, need }]
  })
}

/** What tells this branch from the others: its constant, or the key that it must have. */
function kindOf({ properties, required }: JsonSchema): string | undefined {
  const constant = Object.values(properties ?? {}).find((member) => member.const !== undefined)
  if (constant !== undefined) return literal(constant.const)
  return required?.[0] && `the form with ${literal(required[0])}`
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum) return schema.enum.map(literal).join(' or ')
  const branches = branchesOf(schema)
  if (branches.length > 0) return [...new Set(branches.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'anything'}`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    return `map of name to ${typeOf(schema.additionalProperties)}`
  }
  if (schema.type === 'integer' || schema.type === 'number') return `whole number${range(schema)}`
  return { string: 'text', boolean: '`true` or `false`', object: 'map' }[schema.type ?? ''] ?? 'anything'
}

function range({ minimum, maximum }: JsonSchema): string {
  // The largest that JSON holds exactly is no limit of a field.
  if (minimum === undefined || maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER) return ''
  return `, ${minimum} to ${maximum}`
}

function needOf(schema: JsonSchema, required: boolean): string {
  if (required) return 'required'
  const empty = schema.default === undefined || ['{}', '[]'].includes(JSON.stringify(schema.default))
  return empty ? '' : literal(schema.default)
}

function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? schema.oneOf ?? []
}

function literal(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
