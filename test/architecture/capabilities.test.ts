import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Every capability has the same files; one that lacks a part, or is not registered, fails here. */

const root = new URL('../../capabilities/', import.meta.url)
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

/** Files that a shape does not have are absent, each for a reason. */
const absent: Readonly<Record<string, readonly string[]>> = {
  tenancy: ['schema.ts'],
  argocd: ['schema.ts', 'desired.ts', 'plan.ts', 'remote.ts', 'grants.ts'],
  workload: ['desired.ts', 'plan.ts', 'remote.ts', 'grants.ts'],
  ecr: ['render.ts'],
}
const expected = ['index.ts', 'schema.ts', 'desired.ts', 'plan.ts', 'remote.ts', 'render.ts', 'grants.ts']

describe.each(folders)('capabilities/%s', (folder) => {
  const files = readdirSync(new URL(`${folder}/`, root))

  it('has the files of a capability, and none that its shape does not have', () => {
    const without = absent[folder] ?? []
    for (const file of expected) expect(files.includes(file), file).toBe(!without.includes(file))
  })

  it('is tested', () => {
    expect(files.some((file) => file.endsWith('.test.ts'))).toBe(true)
  })

  it('has goldens exactly when it renders', () => {
    expect(existsSync(new URL(`${folder}/golden`, root))).toBe(files.includes('render.ts'))
  })

  it('is registered: its function has a handler, its manifests a renderer, its schema a place in the Workload', () => {
    const registered = (registry: string, text: string) => readFileSync(new URL(registry, root), 'utf8').includes(text)
    const places: Readonly<Record<string, () => boolean>> = {
      'remote.ts': () => existsSync(new URL(`../lambdas/${folder}/handler.ts`, root)),
      'render.ts': () => registered('renderers.ts', `./${folder}/`),
      'schema.ts': () => registered('schema.ts', `./${folder}/schema.ts`),
      'ceiling.ts': () => registered('ceilings.ts', `./${folder}/ceiling.ts`),
      'changes.ts': () => registered('changes.ts', `./${folder}/changes.ts`),
      'bulk.ts': () => registered('../lambdas/fleet/capabilities.ts', `capabilities/${folder}/bulk.ts`),
    }
    const missing = Object.entries(places).filter(([file, there]) => files.includes(file) && !there())
    expect(missing.map(([file]) => file)).toEqual([])
  })

  it('talks to the outside only in files that are made for it', () => {
    const outside = /^import (?!type)[^;]*?from '(@aws-sdk\/client-[a-z-]+|@nats-io\/transport-node)'/ms
    const edges = new Set(['remote.ts', 'pages.ts', 'operator.ts', 'asking.ts', 'operatorkeys.ts', 'master.ts'])
    const code = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !edges.has(name))
    const talking = code.filter((file) => outside.test(readFileSync(new URL(`${folder}/${file}`, root), 'utf8')))
    expect(talking).toEqual([])
  })
})
