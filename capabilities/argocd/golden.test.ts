import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../domain/manifest.ts'
import { emitAll } from '../../manifests/write.ts'
import { checkManifest } from '../../test/support/crds.ts'
import { cluster, hub, shared, subject } from './fixture.ts'
import { argocd, argocdSystem } from './index.ts'

/** Whole files as they stand in git, one directory per case; `npx vitest run -u` writes them anew. */

const golden = join(import.meta.dirname, 'golden')
const cases = [
  ['local', cluster('dev')],
  ['hub-in-a-shared-repository', cluster('prod', { ...hub, ...shared })],
] as const

describe.each(cases)('%s', (name, at) => {
  const manifests = [...argocdSystem.render(subject(at), {}), ...argocd.render(subject(at), {})]
  const directory = join(golden, name)

  it('is what stands in golden/, file by file and no more', async () => {
    mkdirSync(directory, { recursive: true })
    const files = new Map<string, KubernetesObject[]>()
    for (const { path, object } of manifests) files.set(path, [...(files.get(path) ?? []), object])
    const names = [...files.keys()].map((path) => path.split('/').at(-1) ?? '')
    for (const [index, objects] of [...files.values()].entries()) {
      await expect(emitAll(objects)).toMatchFileSnapshot(join(directory, names[index] ?? ''))
    }
    expect(names).toEqual(expect.arrayContaining(readdirSync(directory)))
  })

  it('is valid against Argo CD’s own definitions, unknown fields included', () => {
    for (const { object } of manifests) expect(checkManifest(object)).toEqual([])
  })

  it('stands in the namespace of Argo CD', () => {
    for (const { object } of manifests) expect(object.metadata.namespace).toBe('argocd')
  })
})

it('every directory of golden/ belongs to a case', () => {
  expect(readdirSync(golden).toSorted()).toEqual(cases.map(([name]) => name).toSorted())
})
