import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { git, gitText, nativeCommit, nativeFiles } from '../test/contract/gitnative.ts'
import { requestFor } from '../test/contract/git.ts'
import { realGitWorld, type RealGitWorld } from '../test/contract/gitworlds.ts'
import { blobId } from './blob.ts'
import { cloneKey } from './clone.ts'

let world: RealGitWorld
beforeEach(async () => {
  world = await realGitWorld()
})
afterEach(() => world.close())

const deployment = 'manifests/shop/quotes/deployment.yaml'

/** What the server was asked for, in order. */
function requests(): readonly string[] {
  return world.operations.splice(0).map(({ service, phase }) => (phase === 'refs' ? 'refs' : service))
}

describe('round trips', () => {
  it('are two on a warm clone when nobody else wrote, and one when nothing changes', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    expect(requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(requests()).toEqual(['refs', 'receive-pack'])
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(requests()).toEqual(['refs'])
    await writer.list({ url, branch: 'main' }, ['manifests'])
    expect(requests()).toEqual(['refs'])
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
    requests()
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
    // The commit, and the trees /, m and m/w7: no files.
    expect((await packedObjects(directory)) - before).toBe(4)
  })

  it('of a lost answer are one look more, without a fetch', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.list({ url, branch: 'main' }, [])
    requests()
    world.lostAnswers = 1
    await writer.commit(requestFor(url, { [deployment]: '1' }))
    expect(requests()).toEqual(['refs', 'receive-pack', 'refs'])
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

describe('the warm clone', () => {
  it('survives its process', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const directory = await world.directory()
    await world.writer({ directory }).commit(requestFor(url, { [deployment]: '1' }))
    requests()
    await world.writer({ directory }).commit(requestFor(url, { [deployment]: '2' }))
    expect(requests()).toEqual(['refs', 'receive-pack'])
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
    requests()
    await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(requests()).toEqual(['refs', 'upload-pack', 'upload-pack', 'receive-pack'])
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
    expect(requests()).toEqual(['refs', 'upload-pack', 'receive-pack'])
    await git(world.path(url), ['config', 'uploadpack.allowFilter', 'true'])
    await git(world.path(url), ['config', 'uploadpackfilter.allow', 'false'])
    await world.writer().commit(requestFor(url, { [deployment]: '2' }))
    expect(requests()).toEqual(['refs', 'upload-pack', 'upload-pack', 'receive-pack'])
  })
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
