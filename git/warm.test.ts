import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { git, gitText, nativeCommit } from '../test/contract/gitnative.ts'
import { deployment, requestFor } from '../test/contract/gitrequests.ts'
import { realGitWorld, type RealGitWorld } from '../test/contract/gitworlds.ts'
import { cloneKey } from './clone.ts'

let world: RealGitWorld
beforeEach(async () => {
  world = await realGitWorld()
})
afterEach(() => world.close())

describe('a warm clone', () => {
  it('survives its process', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const directory = await world.directory()
    await world.writer({ directory }).commit(requestFor(url, { [deployment]: '1' }))
    world.requests()
    await world.writer({ directory }).commit(requestFor(url, { [deployment]: '2' }))
    expect(world.requests()).toEqual(['refs', 'receive-pack'])
  })

  it.each(['state', 'pack', 'index', 'loose objects', 'everything', 'another repository', 'a stranger'])(
    'is made again when it is broken: %s',
    async (what) => {
      const url = await world.create('cluster')
      await world.write(url, { 'other.yaml': '1', 'm/a/x.yaml': '2' })
      const directory = await world.directory()
      await world.writer({ directory }).commit(requestFor(url, { [deployment]: '1' }))
      await breakClone(join(directory, cloneKey({ url, branch: 'main' })), what)
      const result = await world.writer({ directory }).commit(requestFor(url, { [deployment]: '2' }))
      expect(result.result).toBe('committed')
      expect(await world.files(url)).toEqual({
        'm/a/x.yaml': '100644 2',
        [deployment]: '100644 2',
        'other.yaml': '100644 1',
      })
      expect(await gitText(world.path(url), 'fsck', '--strict')).toBe('')
    },
  )

  it('is made again when it is that of another repository', async () => {
    const [url, other] = [await world.create('cluster'), await world.create('other')]
    await world.write(url, { 'other.yaml': '1' })
    await world.write(other, { 'other.yaml': '2' })
    const directory = await world.directory()
    const pathOf = (of: string) => join(directory, cloneKey({ url: of, branch: 'main' }))
    await world.writer({ directory }).commit(requestFor(other, { [deployment]: '1' }))
    await rename(pathOf(other), pathOf(url))
    world.requests()
    await world.writer({ directory }).commit(requestFor(url, { [deployment]: '1' }))
    expect(world.requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
  })

  it('is sent what comes back from before it was made', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'old/a/x.yaml': '1', 'other.yaml': '1' })
    await world.write(url, { 'old/a/x.yaml': undefined })
    const writer = world.writer()
    await writer.list({ url, branch: 'main' }, [])
    await world.write(url, { 'old/a/x.yaml': '1' })
    // With bitmaps the server knows everything that the client's history would hold.
    await git(world.path(url), ['repack', '-adbq'])
    world.requests()
    expect([...(await writer.list({ url, branch: 'main' }, ['old'])).keys()]).toEqual(['old/a/x.yaml'])
    expect(world.requests()).toEqual(['refs', 'upload-pack'])
  })

  it('is made again when the branch’s history was rewritten', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    const path = world.path(url)
    await git(path, ['update-ref', '-d', 'refs/heads/main'])
    await git(path, ['reflog', 'expire', '--expire=now', '--all'])
    await git(path, ['prune', '--expire=now'])
    await nativeCommit(path, 'main', { 'fresh.yaml': '1' }, 'a new beginning')
    world.requests()
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(world.requests()).toEqual(['refs', 'upload-pack', 'upload-pack', 'receive-pack'])
    expect(await world.files(url)).toEqual({ 'fresh.yaml': '100644 1', [deployment]: '100644 2' })
  })

  it('is made again when the repository was emptied', async () => {
    const url = await world.create('cluster')
    const writer = world.writer()
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    await git(world.path(url), ['update-ref', '-d', 'refs/heads/main'])
    expect(await writer.commit(requestFor(url, { [deployment]: '1' }))).toMatchObject({ result: 'committed' })
  })

  it('does not grow for ever', async () => {
    const url = await world.create('cluster')
    const directory = await world.directory()
    const writer = world.writer({ directory, limits: { updates: 3 } })
    for (let round = 0; round < 8; round++) await writer.commit(requestFor(url, { [deployment]: `${round}` }))
    const clone = join(directory, cloneKey({ url, branch: 'main' }))
    const state = JSON.parse(await readFile(join(clone, 'fairway-clone.json'), 'utf8')) as { updates: number }
    expect(state.updates).toBeLessThanOrEqual(3)
    expect(await world.log(url)).toHaveLength(8)
  })

  it('makes room for others: the directory keeps a bounded number', async () => {
    const directory = await world.directory()
    const writer = world.writer({ directory, limits: { clones: 2 } })
    const urls = await Promise.all(['a', 'b', 'c', 'd'].map((name) => world.create(name)))
    for (const url of urls) await writer.commit(requestFor(url, { [deployment]: '1' }))
    expect(await readdir(directory)).toHaveLength(2)
    for (const url of urls) await writer.commit(requestFor(url, { [deployment]: '2' }))
    for (const url of urls) expect(await world.files(url)).toEqual({ [deployment]: '100644 2' })
  })

  it('works with a server that has no filters and one that has them but refuses', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    await git(world.path(url), ['config', 'uploadpack.allowFilter', 'false'])
    await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    expect(world.requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
    await git(world.path(url), ['config', 'uploadpack.allowFilter', 'true'])
    await git(world.path(url), ['config', 'uploadpackfilter.allow', 'false'])
    await world.writer().commit(requestFor(url, { [deployment]: '2' }))
    expect(world.requests()).toEqual(['refs', 'upload-pack', 'upload-pack', 'receive-pack'])
  })
})

async function breakClone(clone: string, what: string): Promise<void> {
  const state = join(clone, 'fairway-clone.json')
  const damage = async (directory: string, ending: string) => {
    for (const name of await readdir(directory)) {
      if (name.endsWith(ending)) await writeFile(join(directory, name), 'cut off')
    }
  }
  if (what === 'state') await writeFile(state, '{"version": 1, "url"')
  if (what === 'a stranger') await writeFile(state, '{"version": 1}')
  if (what === 'another repository') {
    await writeFile(state, (await readFile(state, 'utf8')).replace('cluster.git', 'other.git'))
  }
  if (what === 'pack' || what === 'everything') await damage(join(clone, 'objects', 'pack'), '.pack')
  if (what === 'index' || what === 'everything') await damage(join(clone, 'objects', 'pack'), '.idx')
  if (what === 'loose objects' || what === 'everything') {
    const directories = (await readdir(join(clone, 'objects'))).filter((name) => name.length === 2)
    for (const name of directories) await damage(join(clone, 'objects', name), '')
  }
  if (what === 'everything') await mkdir(join(clone, 'objects', 'pack', 'pack-x.idx'))
}
