import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import type { JsonSchema } from '../manifests/jsonschema.ts'
import { generated, schemas } from './generate.ts'

const root = join(import.meta.dirname, '..')

describe('what is generated is what the schemas say now', () => {
  it.each([...generated().keys()])('%s is not stale (else: node bin/generate.ts)', (path) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(generated().get(path))
  })

  it('every kind has its file', () => {
    expect(schemas.map(({ title }) => title)).toEqual(['System', 'Cluster', 'Source', 'Workload'])
  })
})

describe('every field is described', () => {
  it.each(schemas.map((schema): [string, JsonSchema] => [schema.title ?? '', schema]))('of %s', (_, schema) => {
    expect(undescribed(schema, '')).toEqual([])
  })

  it('and a field that is not would be found, wherever it is', () => {
    const bare: JsonSchema = { properties: { bare: { type: 'string' } } }
    const described = { description: 'x' }
    const nested: JsonSchema = {
      properties: {
        item: { ...described, items: bare },
        entry: { ...described, additionalProperties: bare },
        either: { ...described, anyOf: [bare] },
      },
    }
    expect(undescribed(nested, '')).toEqual(['.item[].bare', '.entry.<name>.bare', '.either.bare'])
  })
})

/** The example of the design. */
const quotes = `
apiVersion: fairway.dev/v1alpha1
kind: Workload
metadata: { name: quotes, system: policy-admin }
spec:
  type: service
  containers:
    main:
      image: .
      variables: { LOG_LEVEL: info }
  image: { track: "main-*" }
  service: { ports: { http: { port: 80, targetPort: 8080 } } }
  scaling: { min: 2, max: 6 }
  environments: { dev: {}, prod: { scaling: { min: 3 } } }
  aws: { statements: [ { actions: [s3:GetObject], resources: ["arn:aws:s3:::quotes-docs/*"] } ] }
  nats: { publish: [quotes.created], subscribe: ["policies.>"], expiresAfter: 720h }
  secrets:
    stripe: { keys: [apiKey] }
    session: { generate: { length: 48 } }
`

describe.each(['schemas/workload.schema.json', 'schemas/fairway.schema.json'])('an editor with %s', (path) => {
  const ajv = new Ajv({ allErrors: true })
  formats.default(ajv)
  const validate = ajv.compile(JSON.parse(readFileSync(join(root, path), 'utf8')) as object)

  it('accepts a good workload, defaults left out', () => {
    expect(validate(parse(quotes)) || validate.errors).toBe(true)
  })

  it.each([
    ['an unknown key', 'scaling:', 'scalling:'],
    ['an unknown key in an override', '{ min: 3 }', '{ minimum: 3 }'],
    ['a value that is not listed', 'type: service', 'type: servce'],
    ['a number where text belongs', 'LOG_LEVEL: info', 'LOG_LEVEL: 1'],
    ['a bad name', 'name: quotes', 'name: Quotes'],
    ['a secret that is neither kind', '{ keys: [apiKey] }', '{ kees: [apiKey] }'],
    ['a missing key', '  type: service\n', ''],
    ['an empty list of subjects', '[quotes.created]', '[]'],
  ])('refuses %s', (_, from, to) => {
    expect(quotes).toContain(from)
    expect(validate(parse(quotes.replace(from, to)))).toBe(false)
  })
})

describe('an editor with schemas/fairway.schema.json', () => {
  const ajv = new Ajv()
  formats.default(ajv)
  const validate = ajv.compile(JSON.parse(readFileSync(join(root, 'schemas/fairway.schema.json'), 'utf8')) as object)
  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.yaml'),
  )

  it.each(examples)('accepts examples/%s', (path) => {
    const documents = parseAllDocuments(readFileSync(join(root, 'examples', path), 'utf8'))
    for (const document of documents) {
      expect(validate((document as { toJS(): unknown }).toJS()) || validate.errors).toBe(true)
    }
  })
})

function undescribed(schema: JsonSchema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, member]) => [
    ...(member.description ? [] : [`${path}.${key}`]),
    ...undescribed(member, `${path}.${key}`),
  ])
  const entries =
    typeof schema.additionalProperties === 'object' ? undescribed(schema.additionalProperties, `${path}.<name>`) : []
  const items = schema.items ? undescribed(schema.items, `${path}[]`) : []
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) => undescribed(branch, path))
  return [...own, ...entries, ...items, ...branches]
}
