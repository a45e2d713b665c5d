import { expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import type { SourceSnapshot } from '../../domain/git.ts'
import type { GitWorld } from './gitworlds.ts'

export function sourceReaderContract(current: () => GitWorld): void {
  const read = async (url: string, limits = {}) => (await current().reader(limits).read({ url })) as SourceSnapshot

  it('reads the manifests at the head of the default branch, in order of path, and nothing else', async () => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, { 'fairway.yaml': 'old: 1\n' })
    const commit = await world.write(url, {
      'fairway.yaml': 'kind: Workload\n',
      'fairway.yml': 'kind: Other\n',
      '.fairway/b.yml': 'b',
      '.fairway/a.yaml': 'ä'.repeat(3),
      '.fairway/README.md': 'no manifest',
      '.fairway/deeper/c.yaml': 'not read',
      'deploy/fairway.yaml': 'not read',
      'fairway.yaml.bak': 'not read',
      'src/index.ts': 'code',
    })
    await world.write(url, { 'fairway.yaml': 'on another branch' }, 'next')
    expect(await read(url)).toEqual({
      commit,
      branch: 'main',
      files: [
        { path: '.fairway/a.yaml', text: 'äää' },
        { path: '.fairway/b.yml', text: 'b' },
        { path: 'fairway.yaml', text: 'kind: Workload\n' },
        { path: 'fairway.yml', text: 'kind: Other\n' },
      ],
      refused: [],
    })
  })

  it('a head that is known is unchanged, an older one is not', async () => {
    const world = current()
    const url = await world.create('source')
    const old = await world.write(url, { 'fairway.yaml': '1' })
    const head = await world.write(url, { 'src/x': '1' })
    expect(await world.reader().read({ url }, head)).toBe('unchanged')
    expect(await world.reader().read({ url }, old)).toMatchObject({ commit: head })
  })

  it('a repository without manifests is read as having none', async () => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, { 'src/index.ts': 'code' })
    expect(await read(url)).toMatchObject({ files: [], refused: [] })
  })

  it('links, submodules, directories, large files and bytes that are not UTF-8 are refused one by one', async () => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, {
      '.fairway/binary.yaml': { mode: '100644', content: Buffer.from([0xff, 0xfe, 0x00]) },
      '.fairway/directory.yaml/x': 'x',
      '.fairway/good.yaml': { mode: '100755', content: 'good' },
      '.fairway/large.yaml': 'x'.repeat(1024 * 1024 + 1),
      '.fairway/limit.yaml': 'x'.repeat(1024 * 1024),
      '.fairway/link.yaml': { mode: '120000', content: '../secret.yaml' },
      '.fairway/module.yaml': { mode: '160000', content: '2'.repeat(40) },
      'fairway.yaml': { mode: '120000', content: '/etc/passwd' },
      'secret.yaml': 'not a manifest',
    })
    const { files, refused } = await read(url)
    expect(files.map(({ path, text }) => [path, text.length])).toEqual([
      ['.fairway/good.yaml', 4],
      ['.fairway/limit.yaml', 1024 * 1024],
    ])
    expect(refused.map(({ path, reason }) => [path, reason.split(/[:,]/)[0]])).toEqual([
      ['.fairway/binary.yaml', 'not UTF-8'],
      ['.fairway/directory.yaml', 'a directory'],
      ['.fairway/large.yaml', 'larger than 1048576 bytes'],
      ['.fairway/link.yaml', 'a symbolic link is not followed'],
      ['.fairway/module.yaml', 'a submodule is not followed'],
      ['fairway.yaml', 'a symbolic link is not followed'],
    ])
  })

  it.each([
    ['120000', 'elsewhere', 'a symbolic link'],
    ['160000', '3'.repeat(40), 'a submodule'],
    ['100644', 'text', 'a file'],
  ])('a .fairway that is no directory is refused (%s)', async (mode, content, reason) => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, { '.fairway': { mode, content }, 'fairway.yaml': 'read', 'elsewhere/a.yaml': 'not read' })
    const { files, refused } = await read(url)
    expect(files).toEqual([{ path: 'fairway.yaml', text: 'read' }])
    expect(refused).toEqual([{ path: '.fairway', reason: expect.stringContaining(reason) }])
  })

  it('files beyond the limits are refused, not dropped', async () => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, { '.fairway/a.yaml': 'aaaa', '.fairway/b.yaml': 'bbbb', '.fairway/c.yaml': 'cc' })
    const few = await read(url, { files: 2 })
    expect(few.files.map(({ path }) => path)).toEqual(['.fairway/a.yaml', '.fairway/b.yaml'])
    expect(few.refused).toEqual([{ path: '.fairway/c.yaml', reason: expect.stringContaining('more than 2 files') }])
    const small = await read(url, { fileBytes: 3 })
    expect(small.refused.map(({ path }) => path)).toEqual(['.fairway/a.yaml', '.fairway/b.yaml'])
    const together = await read(url, { totalBytes: 6 })
    expect(together.files.map(({ path }) => path)).toEqual(['.fairway/a.yaml', '.fairway/c.yaml'])
    expect(together.refused).toEqual([{ path: '.fairway/b.yaml', reason: expect.stringContaining('all files') }])
  })

  it('another ref is read as the default branch is, and one that is not there is undefined', async () => {
    const world = current()
    const url = await world.create('source')
    const main = await world.write(url, { 'fairway.yaml': 'on main', '.fairway/a.yaml': 'a' })
    const next = await world.write(url, { 'fairway.yaml': 'on another branch' }, 'next')
    const proposed = await world.write(
      url,
      {
        'fairway.yaml': 'proposed',
        '.fairway/large.yaml': 'x'.repeat(1024 * 1024 + 1),
        '.fairway/link.yaml': { mode: '120000', content: '../secret.yaml' },
        'secret.yaml': 'not a manifest',
      },
      'proposal',
    )
    await world.point(url, 'refs/pull/7/head', proposed)
    const reader = world.reader()
    expect(await reader.readRef({ url }, 'refs/pull/7/head')).toEqual({
      commit: proposed,
      branch: 'pull/7/head',
      files: [{ path: 'fairway.yaml', text: 'proposed' }],
      refused: [
        { path: '.fairway/large.yaml', reason: expect.stringContaining('larger than 1048576 bytes') },
        { path: '.fairway/link.yaml', reason: expect.stringContaining('a symbolic link is not followed') },
      ],
    })
    expect(await reader.readRef({ url }, 'refs/heads/next')).toMatchObject({ commit: next, branch: 'next' })
    expect(await reader.readRef({ url }, 'refs/pull/8/head')).toBeUndefined()
    expect(await reader.readRef({ url }, 'refs/pull/7')).toBeUndefined()
    expect(await reader.readRef({ url }, 'next')).toBeUndefined()
    expect(await reader.read({ url })).toMatchObject({ commit: main, branch: 'main' })
  })

  it('an empty repository has no other ref, a missing one is Terminal, and an outage is RetryLater', async () => {
    const world = current()
    const url = await world.create('source')
    expect(await world.reader().readRef({ url }, 'refs/pull/7/head')).toBeUndefined()
    const missing = { url: url.replace('source', 'missing') }
    await expect(world.reader().readRef(missing, 'refs/pull/7/head')).rejects.toBeInstanceOf(Terminal)
    world.outages = 1
    await expect(world.reader().readRef({ url }, 'refs/pull/7/head')).rejects.toBeInstanceOf(RetryLater)
  })

  it('a byte order mark is not part of the text', async () => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, { 'fairway.yaml': '\ufeffkind: Workload' })
    expect((await read(url)).files).toEqual([{ path: 'fairway.yaml', text: 'kind: Workload' }])
  })

  it('an empty repository is Terminal and says what to do', async () => {
    const url = await current().create('source')
    const error: unknown = await read(url).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix).toContain('push a first commit')
  })

  it('a repository that is not there is Terminal', async () => {
    const url = await current().create('source')
    const error: unknown = await read(url.replace('source', 'missing')).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix).toContain('check the URL')
  })

  it('an outage is RetryLater, not before the server asks', async () => {
    const world = current()
    const url = await world.create('source')
    await world.write(url, { 'fairway.yaml': '1' })
    world.outages = 1
    const error: unknown = await read(url).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RetryLater)
    expect((error as RetryLater).notBefore).toBe(world.clock.now() + 30_000)
    expect(await read(url)).toMatchObject({ files: [{ path: 'fairway.yaml' }] })
  })
}
