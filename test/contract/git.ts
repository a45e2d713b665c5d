import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Conflict, RetryLater, Terminal } from '../../domain/errors.ts'
import type { ClusterRepositoryWriter, CommitRequest, OwnedTree } from '../../domain/git.ts'
import { blobId } from '../../git/blob.ts'
import { sourceReaderContract } from './gitreader.ts'
import type { GitWorld } from './gitworlds.ts'

/** What every implementation of `SourceReader` and `ClusterRepositoryWriter` holds. */
export function gitContract(name: string, open: () => Promise<GitWorld>): void {
  describe(`git, ${name}`, () => {
    let world: GitWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())
    describe('SourceReader', () => {
      sourceReaderContract(() => world)
    })
    describe('ClusterRepositoryWriter', () => {
      writing(() => world)
      refusing(() => world)
      racing(() => world)
    })
  })
}

export function requestFor(
  url: string,
  files: Readonly<Record<string, string>>,
  options: { readonly paths?: readonly string[]; readonly execution?: string; readonly branch?: string } = {},
): CommitRequest {
  return {
    target: { url, branch: options.branch ?? 'main' },
    trees: [ownedTree(files, options.paths ?? ['manifests/shop/quotes'])],
    subject: 'shop/quotes: update in dev',
    trailers: [
      ['Fairway-Resource', 'shop/quotes'],
      ['Fairway-Execution', options.execution ?? 'execution-1'],
    ],
  }
}

export function ownedTree(
  files: Readonly<Record<string, string>>,
  paths: readonly string[],
  owner = 'shop/quotes',
): OwnedTree {
  return { owner, paths, files: new Map(Object.entries(files)) }
}

const deployment = 'manifests/shop/quotes/deployment.yaml'
const service = 'manifests/shop/quotes/service.yaml'

function writing(current: () => GitWorld): void {
  it('an empty repository gets its branch with the first commit', async () => {
    const world = current()
    const url = await world.create('cluster')
    const result = await world.writer().commit(requestFor(url, { [deployment]: 'a: 1\n', [service]: 'b: 1\n' }))
    expect(result).toMatchObject({
      result: 'committed',
      changed: [
        { path: deployment, change: 'added' },
        { path: service, change: 'added' },
      ],
    })
    expect(await world.files(url)).toEqual({ [deployment]: '100644 a: 1\n', [service]: '100644 b: 1\n' })
    expect((await world.log(url)).map(({ id, parents }) => ({ id, parents }))).toEqual([
      { id: result.commit, parents: [] },
    ])
  })

  it('removing from an empty repository writes nothing', async () => {
    const world = current()
    const url = await world.create('cluster')
    expect(await world.writer().commit(requestFor(url, {}))).toMatchObject({ result: 'unchanged', changed: [] })
    expect(await world.log(url)).toEqual([])
  })

  it('unchanged bytes make no commit and no push', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    const first = await writer.commit(requestFor(url, { [deployment]: 'a: 1\n' }))
    world.beforePush = () => Promise.reject(new Error('a push'))
    const second = await writer.commit(requestFor(url, { [deployment]: 'a: 1\n' }, { execution: 'execution-2' }))
    expect(second).toEqual({ result: 'unchanged', commit: first.commit, changed: [] })
    const other = await world.writer().commit(requestFor(url, { [deployment]: 'a: 1\n' }, { execution: 'execution-3' }))
    expect(other).toEqual({ result: 'unchanged', commit: first.commit, changed: [] })
    expect(await world.log(url)).toHaveLength(1)
  })

  it('one commit replaces everything under the paths, and names each change', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { [deployment]: 'a: 1\n', 'manifests/shop/quotes/old/x.yaml': 'x', [service]: 's' })
    const result = await world
      .writer()
      .commit(requestFor(url, { [deployment]: 'a: 2\n', [service]: 's', 'manifests/shop/quotes/new.yaml': 'n' }))
    expect(result.changed).toEqual([
      { path: deployment, change: 'modified' },
      { path: 'manifests/shop/quotes/new.yaml', change: 'added' },
      { path: 'manifests/shop/quotes/old/x.yaml', change: 'removed' },
    ])
    expect(await world.files(url)).toEqual({
      [deployment]: '100644 a: 2\n',
      'manifests/shop/quotes/new.yaml': '100644 n',
      [service]: '100644 s',
    })
  })

  it('several owners go into one commit', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.writer().commit({
      ...requestFor(url, {}),
      trees: [
        ownedTree({ 'a/x.yaml': '1' }, ['a'], 'shop/a'),
        ownedTree({ 'b/x.yaml': '2', 'apps/b.yaml': '3' }, ['b', 'apps/b.yaml'], 'shop/b'),
      ],
    })
    expect(Object.keys(await world.files(url)).toSorted()).toEqual(['a/x.yaml', 'apps/b.yaml', 'b/x.yaml'])
    expect(await world.log(url)).toHaveLength(1)
  })

  it('what others own stays byte for byte, with modes, links and submodules', async () => {
    const world = current()
    const url = await world.create('cluster')
    const others = {
      'README.md': 'read me\r\n',
      'manifests/shop/quotes-api/deployment.yaml': 'other: 1\n',
      'manifests/shop/quotes.yaml': 'not under the directory\n',
      'manifests/shop/run.sh': { mode: '100755', content: '#!/bin/sh\n' },
      'manifests/shop/link': { mode: '120000', content: '../../README.md' },
      'vendor/library': { mode: '160000', content: '1'.repeat(40) },
      'manifests/shop/caf\u00c3\u00a9.yaml': 'accent: 1\n',
    }
    await world.write(url, { ...others, [deployment]: 'a: 1\n' })
    const before = await world.files(url)
    const writer = world.writer()
    await writer.commit(requestFor(url, { [deployment]: 'a: 2\n' }))
    expect(await world.files(url)).toEqual({ ...before, [deployment]: '100644 a: 2\n' })
    await writer.commit(requestFor(url, {}))
    const { [deployment]: _, ...rest } = before
    expect(await world.files(url)).toEqual(rest)
  })

  it('removing the last file removes its directories, and an empty repository may be left', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    await writer.commit(requestFor(url, { 'manifests/shop/quotes/deep/er/x.yaml': '1' }))
    const result = await writer.commit(requestFor(url, {}, { execution: 'execution-2' }))
    expect(result).toMatchObject({
      result: 'committed',
      changed: [{ path: 'manifests/shop/quotes/deep/er/x.yaml', change: 'removed' }],
    })
    expect(await world.files(url)).toEqual({})
    expect(await writer.commit(requestFor(url, { [deployment]: '2' }))).toMatchObject({ result: 'committed' })
  })

  it('under its own paths a file may become a directory and a directory a file', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    const paths = ['own']
    await writer.commit(requestFor(url, { 'own/a': '1', 'own/b/c': '2' }, { paths }))
    await writer.commit(requestFor(url, { 'own/a/x': '1', 'own/b': '2' }, { paths }))
    expect(await world.files(url)).toEqual({ 'own/a/x': '100644 1', 'own/b': '100644 2' })
    await writer.commit(requestFor(url, { own: 'a file' }, { paths }))
    expect(await world.files(url)).toEqual({ own: '100644 a file' })
  })

  it('a link at an owned path is replaced, and never written through', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, {
      'secret/deployment.yaml': 'not ours',
      'manifests/shop/quotes': { mode: '120000', content: '../../secret' },
    })
    await world.writer().commit(requestFor(url, { [deployment]: 'ours' }))
    expect(await world.files(url)).toEqual({
      'secret/deployment.yaml': '100644 not ours',
      [deployment]: '100644 ours',
    })
  })

  it('an executable bit on an owned file is no difference in bytes', async () => {
    const world = current()
    const url = await world.create('cluster')
    const head = await world.write(url, { [deployment]: { mode: '100755', content: 'a: 1\n' } })
    expect(await world.writer().commit(requestFor(url, { [deployment]: 'a: 1\n' }))).toMatchObject({
      result: 'unchanged',
      commit: head,
    })
  })

  it('text that is not ASCII arrives as UTF-8, in contents and in names', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    await writer.commit(requestFor(url, { 'manifests/shop/quotes/größe.yaml': 'größe: ∞\n' }))
    const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
    expect(await world.files(url)).toEqual({
      [bytes('manifests/shop/quotes/größe.yaml')]: `100644 ${bytes('größe: ∞\n')}`,
    })
    expect([...(await writer.list({ url, branch: 'main' }, ['manifests'])).keys()]).toEqual([
      'manifests/shop/quotes/größe.yaml',
    ])
  })

  it('no value can bring a trailer of its own', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.writer().commit({
      ...requestFor(url, { [deployment]: '1' }),
      subject: `one\nFairway-Execution: forged ${'long '.repeat(30)}`,
      body: 'why\r\n\r\nFairway-Execution: forged',
      trailers: [
        ['Fairway-Reason', 'a\nFairway-Execution: forged\u2028x'],
        ['Fairway-Execution', 'real'],
      ],
    })
    const [commit] = await world.log(url)
    const paragraphs = (commit?.message ?? '').trimEnd().split('\n\n')
    expect(paragraphs.at(-1)).toBe('Fairway-Reason: a Fairway-Execution: forged x\nFairway-Execution: real')
    expect(paragraphs[0]).not.toContain('\n')
    expect(Array.from(paragraphs[0] ?? '').length).toBeLessThanOrEqual(72)
  })

  it('list shows blob ids under the paths at the head that the server has now', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    expect(await writer.list({ url, branch: 'main' }, ['manifests'])).toEqual(new Map())
    await writer.commit(requestFor(url, { [deployment]: 'a: 1\n' }))
    await world.write(url, { [service]: 'changed by hand', 'manifests/shop/quotes-api/x': 'other' })
    const found = await writer.list({ url, branch: 'main' }, ['manifests/shop/quotes', 'manifests/missing', deployment])
    expect(Object.fromEntries(found)).toEqual({
      [deployment]: blobId('a: 1\n'),
      [service]: blobId('changed by hand'),
    })
  })
}

function refusing(current: () => GitWorld): void {
  const refused = async (request: CommitRequest) => {
    const world = current()
    const before = await world.files(request.target.url)
    const error: unknown = await world
      .writer()
      .commit(request)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Terminal)
    expect(await world.files(request.target.url)).toEqual(before)
    return error as Terminal
  }

  it.each([
    ['manifests/shop/other/x.yaml', /does not lie under/],
    ['manifests/shop/quotes-api/x.yaml', /does not lie under/],
    ['manifests/shop/quotes/../other/x.yaml', /leaves its directory/],
    ['/etc/passwd', /leaves its directory/],
    ['manifests/shop/quotes/.git/config', /forbidden/],
    ['manifests/shop/quotes/.GIT/config', /forbidden/],
  ])('a file outside of its owner’s paths changes nothing: %s', async (path, message) => {
    const url = await current().create('cluster')
    expect((await refused(requestFor(url, { [path]: 'x' }))).message).toMatch(message)
  })

  it('a path has one owner in a commit', async () => {
    const url = await current().create('cluster')
    const trees = [ownedTree({}, ['a'], 'shop/a'), ownedTree({ 'a/b/c': '1' }, ['a/b'], 'shop/b')]
    expect((await refused({ ...requestFor(url, {}), trees })).message).toMatch(/two owners, shop\/a and shop\/b/)
    expect((await refused({ ...requestFor(url, {}), trees: trees.toReversed() })).message).toMatch(/two owners/)
  })

  it('a name that would be a file and a directory changes nothing', async () => {
    const url = await current().create('cluster')
    expect((await refused(requestFor(url, { 'own/a': '1', 'own/a/b': '2' }, { paths: ['own'] }))).message).toMatch(
      /a file and a directory/,
    )
  })

  it('somebody else’s file where a directory would have to be is not replaced', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'manifests/shop': 'a file of somebody else' })
    const error = await refused(requestFor(url, { [deployment]: '1' }))
    expect(error.message).toMatch(/manifests\/shop is a file/)
    expect(error.fix).toContain('manifests/shop')
    expect(await world.writer().commit(requestFor(url, {}))).toMatchObject({ result: 'unchanged' })
  })

  it('a branch that is missing in a repository with commits is not made up', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'x.yaml': '1' })
    const error = await refused(requestFor(url, { [deployment]: '1' }, { branch: 'release' }))
    expect(error.message).toMatch(/no branch release/)
    expect(error.fix).toContain('branch')
  })

  it.each(['', 'a..b', '-x', 'a b', 'x.lock', 'refs/../x', 'a\nb'])('%j is no branch', async (branch) => {
    const url = await current().create('cluster')
    expect((await refused(requestFor(url, {}, { branch }))).message).toMatch(/not a branch name/)
  })

  it('a push that a hook declines is Terminal and says what to change', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.decline(url)
    const error = await refused(requestFor(url, { [deployment]: '1' }))
    expect(error.message).toMatch(/pre-receive hook declined/)
    expect(error.fix).toContain('branch protection')
  })
}

function racing(current: () => GitWorld): void {
  const commitAll = (writer: ClusterRepositoryWriter, requests: readonly CommitRequest[]) =>
    Promise.all(requests.map((request) => writer.commit(request)))

  it('a rejected push is fetched again and nobody’s change is lost', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const writer = world.writer()
    await writer.list({ url, branch: 'main' }, ['other.yaml'])
    let rounds = 0
    world.beforePush = async () => {
      if (rounds++ < 3) await world.write(url, { 'other.yaml': `race ${rounds}`, [service]: `theirs ${rounds}` })
    }
    const result = await writer.commit(requestFor(url, { [deployment]: 'ours' }))
    expect(result.changed).toEqual([
      { path: deployment, change: 'added' },
      { path: service, change: 'removed' },
    ])
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 race 3', [deployment]: '100644 ours' })
    const log = await world.log(url)
    expect(log).toHaveLength(5)
    expect(log[0]).toMatchObject({ id: result.commit, parents: [log[1]?.id] })
  })

  it('a branch that never stands still ends in RetryLater after a bounded number of pushes, and is not forced', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '0' })
    let pushes = 0
    world.beforePush = async () => {
      pushes++
      await world.write(url, { 'other.yaml': String(pushes) })
    }
    const attempt = world.writer({ attempts: 3 }).commit(requestFor(url, { [deployment]: 'ours' }))
    await expect(attempt).rejects.toBeInstanceOf(RetryLater)
    expect(pushes).toBe(3)
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 3' })
  })

  it('two that make the first commit at once both end up in the branch', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.beforePush = async () => {
      world.beforePush = undefined
      await world.write(url, { 'other.yaml': 'first' })
    }
    await world.writer().commit(requestFor(url, { [deployment]: 'ours' }))
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 first', [deployment]: '100644 ours' })
  })

  it('when somebody else wrote the same bytes meanwhile, there is nothing left to commit', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    let theirs = ''
    world.beforePush = async () => {
      world.beforePush = undefined
      theirs = await world.write(url, { [deployment]: 'same' })
    }
    const result = await world.writer().commit(requestFor(url, { [deployment]: 'same' }))
    expect(result).toEqual({ result: 'unchanged', commit: theirs, changed: [] })
  })

  it.each([
    ['an empty repository', false],
    ['a repository with commits', true],
  ])('a lost answer is found again, in %s: one commit', async (_, filled) => {
    const world = current()
    const url = await world.create('cluster')
    if (filled) await world.write(url, { 'other.yaml': '1' })
    world.lostAnswers = 1
    const result = await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    const log = await world.log(url)
    expect(result).toMatchObject({ result: 'committed', commit: log[0]?.id })
    expect(result.changed).toEqual([{ path: deployment, change: 'added' }])
    expect(log).toHaveLength(filled ? 2 : 1)
  })

  it('a lost answer is found below what others wrote since, even over the same files', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    world.lostAnswers = 1
    world.beforePush = async () => {
      world.beforeLook = async () => {
        world.beforeLook = undefined
        await world.write(url, { [deployment]: 'theirs' })
        await world.write(url, { 'other.yaml': '2' })
      }
    }
    const result = await world.writer().commit(requestFor(url, { [deployment]: 'ours' }))
    const log = await world.log(url)
    expect(result).toMatchObject({ result: 'committed', commit: log[2]?.id })
    expect(log).toHaveLength(4)
    expect(await world.files(url)).toEqual({ 'other.yaml': '100644 2', [deployment]: '100644 theirs' })
  })

  it('a killed call leaves a commit that the same execution is given again, and no other', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { 'other.yaml': '1' })
    const first = await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    const again = await world.writer().commit(requestFor(url, { [deployment]: '1' }))
    expect(again).toMatchObject({ result: 'committed', commit: first.commit })
    const other = await world.writer().commit(requestFor(url, { [deployment]: '1' }, { execution: 'execution-2' }))
    expect(other).toMatchObject({ result: 'unchanged', commit: first.commit })
    expect(await world.log(url)).toHaveLength(2)
  })

  it('the same execution with other bytes makes another commit', async () => {
    const world = current()
    const url = await world.create('cluster')
    const writer = world.writer()
    const first = await writer.commit(requestFor(url, { [deployment]: '1' }))
    const second = await writer.commit(requestFor(url, { [deployment]: '2' }))
    expect(second).toMatchObject({ result: 'committed' })
    expect((await world.log(url)).map(({ id }) => id)).toEqual([second.commit, first.commit])
  })

  it('an outage is RetryLater, not before the server asks', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.outages = 1
    const error: unknown = await world
      .writer()
      .commit(requestFor(url, { [deployment]: '1' }))
      .catch((e: unknown) => e)
    expect(error).toBeInstanceOf(RetryLater)
    expect(error).not.toBeInstanceOf(Conflict)
    expect((error as RetryLater).notBefore).toBe(world.clock.now() + 30_000)
    expect(await world.log(url)).toEqual([])
  })

  it('concurrent calls of one process take turns, and none is lost', async () => {
    const world = current()
    const url = await world.create('cluster')
    const names = Array.from({ length: 8 }, (_, index) => `w${index}`)
    let pushes = 0
    world.beforePush = async () => {
      pushes++
    }
    const results = await commitAll(
      world.writer(),
      names.map((name) => requestFor(url, { [`m/${name}/x`]: name }, { paths: [`m/${name}`], execution: name })),
    )
    expect(results.every(({ result }) => result === 'committed')).toBe(true)
    expect(Object.keys(await world.files(url)).toSorted()).toEqual(names.map((name) => `m/${name}/x`))
    expect(pushes).toBe(names.length)
  })

  it('a call that fails does not hold up the next', async () => {
    const world = current()
    const url = await world.create('cluster')
    world.outages = 1
    const writer = world.writer()
    const results = await Promise.allSettled(
      ['a', 'b'].map((name) => writer.commit(requestFor(url, { [`${name}/x`]: name }, { paths: [name] }))),
    )
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
  })
}
