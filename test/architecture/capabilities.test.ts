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
    const registry = (file: string) => readFileSync(new URL(file, root), 'utf8')
    if (files.includes('remote.ts')) expect(existsSync(new URL(`../lambdas/${folder}/handler.ts`, root))).toBe(true)
    if (files.includes('render.ts')) expect(registry('renderers.ts')).toContain(`./${folder}/`)
    if (files.includes('schema.ts')) expect(registry('schema.ts')).toContain(`./${folder}/schema.ts`)
    if (files.includes('ceiling.ts')) expect(registry('ceilings.ts')).toContain(`./${folder}/ceiling.ts`)
  })

  it('talks to the outside only in remote.ts, and unwraps secret values only there', () => {
    const outside = /from '@aws-sdk\/client-[a-z-]+'|from '@nats-io\/transport-node'/
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
      const imports = readFileSync(new URL(`${folder}/${file}`, root), 'utf8').matchAll(
        /^import (?!type)[^;]*?from '[^']+'/gms,
      )
      const clients = [...imports].map(([text]) => text).filter((text) => outside.test(text))
      if (clients.length > 0)
        expect(
          ['remote.ts', 'operator.ts', 'operatorkeys.ts', 'master.ts', 'connection.ts'],
          `${file}: ${clients.join()}`,
        ).toContain(file)
    }
  })
})
