import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { workload } from '../capabilities/schema.ts'
import { cluster, source, system } from '../domain/resources.ts'
import { grantsReference } from '../infra/grantsreference.ts'
import { combinedSchemaFile, jsonSchema, schemaFile, type JsonSchema } from '../manifests/jsonschema.ts'
import { reference } from '../manifests/reference.ts'

/** `node bin/generate.ts` writes what is generated: `schemas/` and `docs/reference.md` from the resources' schemas,
 *  `docs/grants.md` from the functions' grants. */

export const schemas: readonly JsonSchema[] = [
  jsonSchema('System', system),
  jsonSchema('Cluster', cluster),
  jsonSchema('Source', source),
  jsonSchema('Workload', workload),
]

const introduction = `
# Resource reference

Generated from the schemas by \`node bin/generate.ts\`; do not edit it.

Manifests are YAML: \`fairway.yaml\`, or files in \`.fairway/\`, several documents to a file. Unknown keys, repeated keys,
anchors, aliases, merge keys and tags are refused, each at its line and column. Editors check and complete manifests with
\`schemas/fairway.schema.json\`:

\`\`\`yaml
# yaml-language-server: $schema=<path or URL of schemas/fairway.schema.json>
\`\`\`

In the paths below \`<name>\` is a key that you choose, and \`[]\` is each item of a list. Names of resources, environments,
containers, ports and secrets are lower-case letters, digits and single hyphens, starting with a letter, with at most 40
characters (ports: 15).

## How environments override

\`spec.environments.<name>\` of a Workload holds only what differs there. The merge is by key, at every depth: a map is
merged with the map it overrides, and a list or a plain value replaces the one it overrides, as a whole. What an override
does not name stays as it is in \`spec\`. Nothing can be removed by an override. The result is validated for each
environment, and a problem that an override causes is reported at the override.
`

/** By path from the root of the repository. */
export function generated(): ReadonlyMap<string, string> {
  return new Map([
    ...schemas.map((schema): [string, string] => [
      `schemas/${schema.title?.toLowerCase()}.schema.json`,
      schemaFile(schema),
    ]),
    ['schemas/fairway.schema.json', combinedSchemaFile(schemas)],
    ['docs/reference.md', reference(schemas, introduction)],
    ['docs/grants.md', grantsReference()],
  ])
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..')
  for (const [path, text] of generated()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
