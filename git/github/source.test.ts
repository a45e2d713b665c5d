import { beforeEach, describe, expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import type { SourceReader, SourceSnapshot } from '../../domain/git.ts'
import { gitSourceReader } from '../read.ts'
import { gitRemote } from '../remote.ts'
import { appWorlds, failureOf, quotes, type AppWorld } from './fixture.ts'
import { githubSourceReader } from './source.ts'

const open = appWorlds()
let world: AppWorld
let reader: SourceReader
beforeEach(async () => {
  world = await open()
  const { app, clock } = world
  const plain = gitSourceReader({ remote: gitRemote({ clock, credentials: async () => undefined }) })
  reader = githubSourceReader({ app, plain, clock })
})
const tokenRoute = 'POST /app/installations/11/access_tokens'
/** As registered once: nobody reads there. */
const source = { ...quotes, url: 'https://github.invalid/acme/old-name.git' }
const read = async (known?: string) => (await reader.read(source, known)) as SourceSnapshot

describe('a source of type github', () => {
  it('is read where GitHub says that the repository of that id is, with a token that only reads it', async () => {
    const commit = await world.write('acme/quotes', { 'fairway.yaml': 'kind: Workload\n' })
    expect(await read()).toEqual({
      commit,
      branch: 'main',
      files: [{ path: 'fairway.yaml', text: 'kind: Workload\n' }],
      refused: [],
    })
    expect(world.github.calls.map(({ body }) => body)).toEqual([
      { repository_ids: [7], permissions: { contents: 'read' } },
    ])
    expect(await reader.read(source, commit)).toBe('unchanged')
  })

  it('follows a rename, and does not take the old name’s new owner for it', async () => {
    await world.write('acme/quotes', { 'fairway.yaml': 'ours' })
    await world.github.renameRepository(7, 'acme/prices')
    await world.github.addRepository({ installationId: 11, repositoryId: 8, fullName: 'acme/quotes' })
    await world.write('acme/quotes', { 'fairway.yaml': 'of somebody else' })
    expect((await read()).files[0]?.text).toBe('ours')
  })

  it('does so also with a token, and an address, of before the rename', async () => {
    const known = await world.write('acme/quotes', { 'fairway.yaml': 'ours' })
    await read()
    world.clock.advance(10 * 60_000)
    await world.github.renameRepository(7, 'acme/prices')
    expect((await read()).files[0]?.text).toBe('ours')

    world.clock.advance(10 * 60_000)
    await world.github.renameRepository(7, 'acme/costs')
    await world.github.addRepository({ installationId: 11, repositoryId: 8, fullName: 'acme/prices' })
    await world.write('acme/prices', { 'fairway.yaml': 'of somebody else' })
    // As where the repository that took the name is public: any token reads it.
    world.github.openToAll(8)
    expect((await read()).files[0]?.text).toBe('ours')
    expect(await read(known)).toBe('unchanged')
  })

  it('is read without a call of the API while nothing changed', async () => {
    const head = await world.write('acme/quotes', { 'fairway.yaml': '1' })
    await read()
    world.clock.advance(10 * 60_000)
    world.calls()
    expect(await read(head)).toBe('unchanged')
    expect(world.calls()).toEqual([])
    await world.write('acme/quotes', { 'fairway.yaml': '2' })
    expect((await read(head)).files[0]?.text).toBe('2')
    expect(world.calls()).toEqual([tokenRoute])
  })

  it('is read at a pull request’s head', async () => {
    const base = await world.write('acme/quotes', { 'fairway.yaml': 'on main' })
    const head = await world.write('acme/quotes', { 'fairway.yaml': 'proposed' }, 'proposal')
    await world.github.addPullRequest(7, { number: 3, head, base })
    for (const age of [0, 10 * 60_000]) {
      world.clock.advance(age)
      expect(await reader.readRef(source, 'refs/pull/3/head')).toMatchObject({
        commit: head,
        files: [{ text: 'proposed' }],
      })
      expect(await reader.readRef(source, 'refs/pull/4/head')).toBeUndefined()
    }
  })

  it('is read with a new token where one ended early', async () => {
    await world.write('acme/quotes', { 'fairway.yaml': '1' })
    await read()
    world.clock.advance(10 * 60_000)
    world.github.endTokens()
    expect((await read()).files[0]?.text).toBe('1')
  })

  it('waits where GitHub does not know the token yet that it made just now', async () => {
    await read().catch(() => undefined)
    world.github.endTokens()
    expect(await failureOf(read())).toBeInstanceOf(RetryLater)
  })

  it('that the App has no access to is Terminal', async () => {
    const error = await failureOf(reader.read({ ...source, repositoryId: 9 }))
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix).toContain('give the App’s installation access')
  })

  it('that is empty is Terminal, as elsewhere', async () => {
    expect((await failureOf(read())).message).toContain('has no commit')
  })
})

it('a source of type git is read as registered, without the App', async () => {
  await world.write('acme/quotes', { 'fairway.yaml': 'public' })
  world.github.openToAll(7)
  expect(await reader.read({ url: world.url })).toMatchObject({ files: [{ text: 'public' }] })
  expect(await reader.readRef({ url: world.url }, 'refs/heads/main')).toMatchObject({ branch: 'main' })
  expect(world.calls()).toEqual([])
})
