import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

/** Upstream CRDs, held strictly: what a structural schema does not name is refused, as under strict field validation. */

const folder = join(import.meta.dirname, '../../../../shared/crds')
export const hasCrds = existsSync(folder)
if (!hasCrds)
  process.stderr.write('skipped: no sibling folder shared/crds; custom resources are held against models only\n')

const files: Readonly<Record<string, string>> = {
  'argoproj.io AppProject': 'argoproj.io_appprojects.yaml',
  'argoproj.io Application': 'argoproj.io_applications.yaml',
  'external-secrets.io ExternalSecret': 'external-secrets.io_externalsecrets.yaml',
  'external-secrets.io SecretStore': 'external-secrets.io_secretstores.yaml',
}

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly [keyword: string]: unknown
}

interface Crd {
  readonly spec: {
    readonly versions: readonly {
      readonly name: string
      readonly served: boolean
      readonly schema: { readonly openAPIV3Schema: Schema }
    }[]
  }
}

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false })
const compiled = new Map<string, ValidateFunction | undefined>()

export function customResourceProblems(object: unknown): string[] {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string }
  const [group = '', version = ''] = apiVersion.split('/')
  const file = files[`${group} ${kind}`]
  if (!hasCrds || file === undefined) return []
  const key = `${file} ${version}`
  if (!compiled.has(key)) compiled.set(key, compile(join(folder, file), version))
  const validate = compiled.get(key)
  if (validate === undefined) return [`${apiVersion} is not served by the CRD of ${kind}`]
  validate(object)
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || '/'}: ${message} ${JSON.stringify(params)}`,
  )
}

function compile(path: string, version: string): ValidateFunction | undefined {
  const crd = parse(readFileSync(path, 'utf8')) as Crd
  const found = crd.spec.versions.find(({ name, served }) => name === version && served)
  if (found === undefined) return undefined
  const root = strict(found.schema.openAPIV3Schema)
  // Metadata is the API machinery's: the model has checked it.
  return ajv.compile({ ...root, properties: { ...root.properties, metadata: {} } })
}

/**
 * Kubernetes' structural schema as JSON Schema. Objects are closed unless they say how they are open.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
function strict(schema: Schema): Schema {
  const properties =
    schema.properties &&
    Object.fromEntries(Object.entries(schema.properties).map(([key, member]) => [key, strict(member)]))
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties !== undefined
  return {
    ...schema,
    ...(properties && { properties }),
    ...(schema.items && { items: strict(schema.items) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: strict(schema.additionalProperties),
    }),
    ...(schema.type === 'object' && !open && { additionalProperties: false }),
  }
}
