import { describe, expect, it } from 'vitest'
import type { NamedSource, SourceHeads } from '../../domain/git.ts'
import { appWorlds, quotes, type AppWorld } from './fixture.ts'
import { graphqlOf } from './host.ts'
import { githubSourceHeads } from './heads.ts'

const open = appWorlds()
const none: SourceHeads = { heads: async (sources) => new Map(sources.map(({ name }) => [name, { head: 'plain' }])) }

const source = (name: string, url: string, ids: object = quotes): NamedSource => ({ name, location: { url, ...ids } })
const asked = async (world: AppWorld, ...sources: NamedSource[]) =>
  Object.fromEntries(await githubSourceHeads({ app: world.app, plain: none }).heads(sources))
const queries = (world: AppWorld) => world.calls().filter((call) => call === 'POST /graphql').length

describe('heads of sources on GitHub', () => {
  it('are the commits of their default branches, and others are asked for elsewhere', async () => {
    const world = await open()
    const head = await world.write('acme/quotes', { 'fairway.yaml': 'a' })
    await world.write('acme/quotes', { 'fairway.yaml': 'b' }, 'next')
    const claims = { installationId: 12, repositoryId: 8 }
    const claimsUrl = await world.github.addRepository({ ...claims, fullName: 'other/claims' })
    const claimsHead = await world.write('other/claims', { x: '1' })
    const found = await asked(
      world,
      source('quotes', world.url),
      source('claims', claimsUrl, claims),
      source('plain', 'https://git.example/x.git', {}),
    )
    expect(found).toEqual({ quotes: { head }, claims: { head: claimsHead }, plain: { head: 'plain' } })
  })

  it('cost one query for a hundred of an installation, and one token', async () => {
    const world = await open({ heads: async (fullName) => fullName.slice(-40).padStart(40, '0') })
    const sources: NamedSource[] = []
    for (let id = 100; id < 350; id++) {
      const location = { installationId: 11, repositoryId: id }
      const url = await world.github.addRepository({ ...location, fullName: `acme/repository-${id}` })
      sources.push(source(`source-${id}`, url, location))
    }
    world.calls()
    const found = await asked(world, ...sources)
    expect(Object.keys(found)).toHaveLength(250)
    expect(Object.values(found).every(({ head }) => head !== undefined)).toBe(true)
    expect(world.calls()).toEqual([
      'POST /app/installations/11/access_tokens',
      'POST /graphql',
      'POST /graphql',
      'POST /graphql',
    ])
  })

  it('count only for the id that was registered: a renamed one is found, and one that took its name tells nothing', async () => {
    const world = await open()
    const head = await world.write('acme/quotes', { 'fairway.yaml': 'a' })
    await world.github.renameRepository(quotes.repositoryId, 'acme/pricing')
    expect(await asked(world, source('quotes', world.url))).toEqual({ quotes: { head } })
    await world.github.addRepository({ installationId: 11, repositoryId: 66, fullName: 'acme/quotes' })
    await world.write('acme/quotes', { 'fairway.yaml': 'somebody else’s' })
    // A new token, which covers that one as well.
    world.github.endTokens()
    world.clock.advance(60_000)
    expect(await asked(world, source('quotes', world.url))).toEqual({ quotes: {} })
  })

  it('are not told where there is nothing to tell: empty, not there, not accessible, or on another host', async () => {
    const world = await open()
    const beyond = await world.github.addRepository({ installationId: 12, repositoryId: 9, fullName: 'other/beyond' })
    const found = await asked(
      world,
      source('empty', world.url),
      source('missing', `${world.github.host}/acme/missing.git`),
      source('beyond', beyond, { installationId: 11, repositoryId: 9 }),
      source('elsewhere', 'https://elsewhere.example/acme/quotes.git'),
    )
    expect(found).toEqual({ empty: {}, missing: {}, beyond: {}, elsewhere: {} })
  })

  it.each([
    ['an outage', { status: 502, body: '<html>' }],
    ['a limit', { status: 403, headers: { 'retry-after': '60' }, body: { message: 'secondary rate limit' } }],
    [
      'a limit that comes as an answer',
      { status: 200, body: { errors: [{ type: 'RATE_LIMITED', message: 'ghs_x' }] } },
    ],
    ['an answer of something else', { status: 200, body: { data: { r0: { databaseId: 'x' } } } }],
  ])('fail together at %s, and the rest is not asked for', async (_, fault) => {
    const world = await open()
    const many = Array.from({ length: 150 }, (_each, index) => source(`s${index}`, world.url))
    world.github.fault = ({ path }) => (path === '/graphql' ? fault : undefined)
    const found = await asked(world, ...many)
    expect(Object.keys(found)).toHaveLength(150)
    expect(new Set(Object.values(found).map(({ failure }) => failure?.type))).toEqual(new Set(['RetryLater']))
    expect(JSON.stringify(found)).not.toMatch(/ghs_|html/)
    expect(queries(world)).toBe(1)
  })

  it('that GitHub leaves out of its answer fail alone', async () => {
    const world = await open()
    const body = {
      data: { r0: null, r1: { databaseId: 7, defaultBranchRef: { target: { oid: 'a'.repeat(40) } } } },
      errors: [{ type: 'SERVICE_UNAVAILABLE', path: ['r0'] }],
    }
    world.github.fault = ({ path }) => (path === '/graphql' ? { status: 200, body } : undefined)
    const found = await asked(world, source('one', world.url), source('two', world.url))
    expect(found).toMatchObject({ one: { failure: { type: 'RetryLater' } }, two: { head: 'a'.repeat(40) } })
  })

  it('fail with what is to be done where the App is not installed, and others are told', async () => {
    const world = await open()
    const head = await world.write('acme/quotes', { 'fairway.yaml': 'a' })
    const found = await asked(
      world,
      source('quotes', world.url),
      source('gone', world.url, { ...quotes, installationId: 99 }),
    )
    expect(found).toMatchObject({ quotes: { head }, gone: { failure: { type: 'Terminal', fix: expect.any(String) } } })
  })

  it('are asked for with a new token where the old one has ended early', async () => {
    const world = await open()
    const head = await world.write('acme/quotes', { 'fairway.yaml': 'a' })
    const heads = githubSourceHeads({ app: world.app, plain: none })
    await heads.heads([source('quotes', world.url)])
    world.github.endTokens()
    world.clock.advance(60_000)
    expect(await heads.heads([source('quotes', world.url)])).toEqual(new Map([['quotes', { head }]]))
  })
})

it('GraphQL is beside the REST API, without its version', () => {
  expect(graphqlOf('https://api.github.com')).toBe('https://api.github.com/graphql')
  expect(graphqlOf('https://github.example/api/v3/')).toBe('https://github.example/api/graphql')
})
