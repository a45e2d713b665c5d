import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { gitText } from './gitnative.ts'
import { realGitWorld, type RealGitWorld } from './gitworlds.ts'

let world: RealGitWorld
beforeEach(async () => {
  world = await realGitWorld()
})
afterEach(() => world.close())

it('a branch that did not move is listed again for one request for its refs, and what is new for one fetch', async () => {
  const url = await world.create('cluster')
  const target = { url, branch: 'main' }
  await world.write(url, { 'manifests/shop/quotes/a.yaml': 'a: 1\n' })
  const writer = world.writer()
  await writer.list(target, ['manifests'])
  world.requests()
  await writer.list(target, ['manifests'])
  expect(world.requests()).toEqual(['refs'])
  await world.write(url, { 'manifests/shop/quotes/b.yaml': 'b: 1\n' })
  expect([...(await writer.list(target, ['manifests'])).keys()]).toEqual([
    'manifests/shop/quotes/a.yaml',
    'manifests/shop/quotes/b.yaml',
  ])
  expect(world.requests()).toEqual(['refs', 'upload-pack'])
})

it('no content of any file travels to list a branch, neither at first nor for what is new', async () => {
  const url = await world.create('cluster')
  const target = { url, branch: 'main' }
  await world.write(url, { 'manifests/shop/quotes/a.yaml': 'a: 1\n', 'other/large.bin': 'x'.repeat(2_000_000) })
  const directory = await world.directory()
  const writer = world.writer({ directory })
  await writer.list(target, ['manifests'])
  await world.write(url, { 'manifests/shop/quotes/b.yaml': 'b: 1\n' })
  expect(await writer.list(target, ['manifests'])).toHaveProperty('size', 2)
  const types = await objectTypes(directory)
  expect(types.filter((type) => type === 'blob')).toEqual([])
  expect(types.filter((type) => type === 'commit')).toHaveLength(2)
})

/** Of all packs that a server sent. */
async function objectTypes(directory: string): Promise<readonly string[]> {
  const [clone = ''] = await readdir(directory)
  const packs = join(directory, clone, 'objects', 'pack')
  const indexes = (await readdir(packs)).filter((name) => name.endsWith('.idx'))
  const shown = await Promise.all(indexes.map((name) => gitText(packs, 'verify-pack', '-v', name)))
  return shown
    .join('\n')
    .split('\n')
    .flatMap((line) => /^[0-9a-f]{40} (\w+)/.exec(line)?.[1] ?? [])
}
