import { expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { CommitRequest } from '../../domain/git.ts'
import { deployment, ownedTree, requestFor } from './gitrequests.ts'
import type { GitWorld } from './gitworlds.ts'

/** What changes nothing, and says why. */
export function refusalContract(current: () => GitWorld): void {
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
