import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { git, gitText, nativeFiles } from '../test/contract/gitnative.ts'
import { deployment, requestFor } from '../test/contract/gitrequests.ts'
import { realGitWorld, type RealGitWorld } from '../test/contract/gitworlds.ts'
import { blobId } from './blob.ts'

let world: RealGitWorld
beforeEach(async () => {
  world = await realGitWorld()
})
afterEach(() => world.close())

describe('round trips', () => {
  it('are two on a warm clone when nobody else wrote, and one when nothing changes', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    expect(world.requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(world.requests()).toEqual(['refs', 'receive-pack'])
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(world.requests()).toEqual(['refs'])
    await writer.list({ url, branch: 'main' }, ['manifests'])
    expect(world.requests()).toEqual(['refs'])
  })

  it('are three when somebody else wrote, and a fetch brings only what is new', async () => {
    const url = await world.create('cluster')
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`m/w${index}/x.yaml`, `${index}`]))
    await world.write(url, many)
    const directory = await world.directory()
    const writer = world.writer({ directory })
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    const before = await packedObjects(directory)
    await world.write(url, { 'm/w7/x.yaml': 'changed' })
    world.requests()
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(world.requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
    // The commit, and the trees /, m and m/w7: no files.
    expect((await packedObjects(directory)) - before).toBe(4)
  })

  it('of a lost answer are one look more, without a fetch', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.list({ url, branch: 'main' }, [])
    world.requests()
    world.lostAnswers = 1
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    expect(world.requests()).toEqual(['refs', 'receive-pack', 'refs'])
  })
})

describe('what is written', () => {
  it('passes git’s own strict check, and git reads it', async () => {
    const url = await world.create('cluster')
    const writer = world.writer()
    for (const round of [1, 2, 3]) {
      await writer.commit({
        ...requestFor(url, { [deployment]: `round: ${round}\n`, 'manifests/shop/quotes/a/b.yaml': 'b' }),
        body: 'Because of a push.',
      })
    }
    const last = await writer.commit(requestFor(url, {}))
    const path = world.path(url)
    expect(await gitText(path, 'fsck', '--strict', '--full')).toBe('')
    expect(await gitText(path, 'log', '--format=%H %an <%ae> %cn %ai %s', '-1')).toBe(
      `${last.commit} Fairway <fairway@example.com> Fairway 2026-11-20 00:00:00 +0000 shop/quotes: update in dev`,
    )
    expect(await gitText(path, 'log', '--format=%(trailers:key=Fairway-Execution,valueonly)', '-1')).toBe('execution-1')
    expect(await gitText(path, 'cat-file', '-p', `${last.commit}~1:${deployment}`)).toBe('round: 3')
    expect(await gitText(path, 'rev-parse', `${last.commit}~1:${deployment}`)).toBe(blobId('round: 3\n'))
  })

  it('is only what changed: the file, the trees above it and the commit', async () => {
    const url = await world.create('cluster')
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`manifests/s${index}/w/x.yaml`, `${index}`]),
    )
    const head = await world.write(url, many)
    const { commit } = await world.writer().commit(requestFor(url, { [deployment]: 'new' }))
    const objects = await gitText(world.path(url), 'rev-list', '--objects', commit, `^${head}`)
    // The commit, the trees /, manifests, shop and quotes, the file.
    expect(objects.split('\n')).toHaveLength(6)
    const [, sent] = /^in-pack: (\d+)$/m.exec(await gitText(world.path(url), 'count-objects', '-v')) ?? []
    const [, loose] = /^count: (\d+)$/m.exec(await gitText(world.path(url), 'count-objects', '-v')) ?? []
    const theirs = (await gitText(world.path(url), 'rev-list', '--objects', head)).split('\n').length
    expect(Number(sent) + Number(loose) - theirs).toBe(6)
  })

  it('keeps names that are not UTF-8, odd names and old modes of others as they are', async () => {
    const url = await world.create('cluster')
    const odd = { 'manifests/caf\u00e9.yaml': 'latin1', 'manifests/back\\slash': 'x', 'manifests/new\nline': 'y' }
    await world.write(url, odd)
    await withOldMode(url)
    const root = () => git(world.path(url), ['cat-file', 'tree', 'refs/heads/main^{tree}'])
    const manifests = () => git(world.path(url), ['cat-file', 'tree', 'refs/heads/main:manifests'])
    const before = await Promise.all([root(), manifests()])
    const writer = world.writer()
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    expect((await root()).toString('latin1')).toContain('100664 old.sh')
    expect((await manifests()).toString('latin1')).toContain('caf\u00e9.yaml')
    await writer.commit(requestFor(url, {}))
    expect(await Promise.all([root(), manifests()])).toEqual(before)
  })

  /** A tree entry as clients of 2005 wrote it; git itself cannot make one any more. */
  async function withOldMode(url: string): Promise<void> {
    const path = world.path(url)
    const blob = (await git(path, ['hash-object', '-w', '--stdin'], 'old')).toString().trim()
    const root = await git(path, ['cat-file', 'tree', 'refs/heads/main^{tree}'])
    const tree = Buffer.concat([root, Buffer.from('100664 old.sh\0'), Buffer.from(blob, 'hex')])
    const id = (await git(path, ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], tree)).toString().trim()
    const commit = (await git(path, ['commit-tree', id, '-p', 'refs/heads/main'], 'old modes')).toString().trim()
    await git(path, ['update-ref', 'refs/heads/main', commit])
  }
})

it('two processes that really race both get all their commits in', async () => {
  const url = await world.create('cluster')
  const rounds = [1, 2, 3, 4]
  await Promise.all(
    ['a', 'b'].map(async (owner) => {
      const writer = world.writer()
      for (const round of rounds) {
        const files = { [`${owner}/x.yaml`]: `${round}` }
        await writer.commit(requestFor(url, files, { paths: [owner], execution: `${owner}${round}` }))
      }
    }),
  )
  expect(await world.files(url)).toEqual({ 'a/x.yaml': '100644 4', 'b/x.yaml': '100644 4' })
  expect(await world.log(url)).toHaveLength(8)
  expect(await gitText(world.path(url), 'rev-list', '--merges', '--count', 'main')).toBe('0')
})

it('a branch that is not main, with slashes, is written', async () => {
  const url = await world.create('cluster')
  await world.write(url, { 'other.yaml': '1' }, 'release/2026')
  await world.writer().commit(requestFor(url, { [deployment]: '1' }, { branch: 'release/2026' }))
  expect([...(await nativeFiles(world.path(url), 'release/2026')).keys()]).toEqual([deployment, 'other.yaml'])
})

async function packedObjects(directory: string): Promise<number> {
  const [clone = ''] = await readdir(directory)
  const packs = join(directory, clone, 'objects', 'pack')
  const names = (await readdir(packs)).filter((name) => name.endsWith('.pack'))
  const counts = await Promise.all(names.map(async (name) => (await readFile(join(packs, name))).readUInt32BE(8)))
  return counts.reduce((sum, count) => sum + count, 0)
}
