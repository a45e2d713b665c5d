import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../domain/manifest.ts'
import { emit } from '../../manifests/write.ts'
import { checkManifest } from '../support/crds.ts'

/**
 * Manifests as they stand in git, one directory per case under the capability's `golden/`;
 * `npx vitest run -u` writes them anew.
 */
export function goldenManifests(capability: string, cases: Readonly<Record<string, () => readonly Manifest[]>>): void {
  const golden = join(capability, 'golden')

  describe.each(Object.entries(cases))('%s', (name, render) => {
    const directory = join(golden, name)

    test('is what stands in golden/, file by file and no more', async () => {
      mkdirSync(directory, { recursive: true })
      const files = render().map(({ path, object }) => [path.split('/').at(-1) ?? '', emit(object)] as const)
      for (const [file, text] of files) await expect(text).toMatchFileSnapshot(join(directory, file))
      expect(readdirSync(directory).toSorted()).toEqual(files.map(([file]) => file).toSorted())
    })

    test('is valid for the API server, unknown fields included', () => {
      for (const { object } of render()) expect(checkManifest(object)).toEqual([])
    })

    test('has one file for each object, in the owner’s directory', () => {
      const paths = render().map(({ path }) => path)
      expect(new Set(paths).size).toBe(paths.length)
      for (const path of paths) expect(path).toMatch(/^manifests\/policy-admin\/(quotes|_system)\/[a-z0-9-]+\.yaml$/)
    })
  })

  test('every directory of golden/ belongs to a case', () => {
    expect(readdirSync(golden).toSorted()).toEqual(Object.keys(cases).toSorted())
  })
}
