import { expect, it } from 'vitest'
import { blobId } from '../../git/blob.ts'
import { deployment, ownedTree, requestFor, service } from './gitrequests.ts'
import type { GitWorld } from './gitworlds.ts'

/** What a commit holds, and what it leaves alone. */
export function writingContract(current: () => GitWorld): void {
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

  it('a link in place of a file is replaced, even if its target reads like the file', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, { [deployment]: { mode: '120000', content: 'same' } })
    await world.writer().commit(requestFor(url, { [deployment]: 'same' }))
    expect(await world.files(url)).toEqual({ [deployment]: '100644 same' })
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

  it('a link or a submodule is not listed as if it were a file with that content', async () => {
    const world = current()
    const url = await world.create('cluster')
    await world.write(url, {
      [deployment]: { mode: '120000', content: 'same' },
      [service]: { mode: '100755', content: 'same' },
      'vendor/library': { mode: '160000', content: '1'.repeat(40) },
    })
    expect(Object.fromEntries(await world.writer().list({ url, branch: 'main' }, ['manifests', 'vendor']))).toEqual({
      [deployment]: `120000 ${blobId('same')}`,
      [service]: blobId('same'),
      'vendor/library': expect.stringMatching(/^160000 /),
    })
  })
}
