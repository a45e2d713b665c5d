import { beforeEach, describe, expect, it } from 'vitest'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import { githubApp } from './app.ts'
import { appWorlds, failureOf, quotes, secret, type AppWorld } from './fixture.ts'

const openssh = ['OPENSSH', 'PRIVATE KEY'].join(' ')

const open = appWorlds()
let world: AppWorld
beforeEach(async () => {
  world = await open()
})
const permissions = { contents: 'read' } as const
const tokenRoute = 'POST /app/installations/11/access_tokens'
const get = (refused?: SecretValue) => world.app.tokens.get(quotes, permissions, refused)

describe('a token', () => {
  it('is for one repository and for what is needed there, and says where that repository is', async () => {
    const token = await get()
    expect(world.github.calls[0]?.body).toEqual({ repository_ids: [7], permissions: { contents: 'read' } })
    expect(token).toMatchObject({ owner: 'acme', name: 'quotes', cloneUrl: world.url, repositoryId: 7 })
    expect(JSON.stringify(token)).not.toContain('ghs_')
  })

  it('is asked for once, however many wait for it', async () => {
    const tokens = await Promise.all([get(), get(), get()])
    expect(new Set(tokens.map(({ value }) => reveal(value))).size).toBe(1)
    expect(world.calls()).toEqual([tokenRoute])
    world.clock.advance(56 * 60_000)
    await Promise.all([get(), get(), get()])
    expect(world.calls()).toEqual([tokenRoute])
  })

  it('is kept until shortly before it ends', async () => {
    await get()
    world.clock.advance(54 * 60_000)
    await get()
    expect(world.calls()).toHaveLength(1)
    world.clock.advance(2 * 60_000)
    const renewed = await get()
    expect(world.calls()).toHaveLength(1)
    expect(renewed.expiresAt).toBe(world.clock.now() + 3600_000)
  })

  it('of another repository, or for something else, is another one', async () => {
    await world.github.addRepository({ ...quotes, repositoryId: 8, fullName: 'acme/other' })
    const all = await Promise.all([
      get(),
      world.app.tokens.get({ ...quotes, repositoryId: 8 }, permissions),
      world.app.tokens.get(quotes, { checks: 'write' }),
    ])
    expect(new Set(all.map(({ value }) => reveal(value))).size).toBe(3)
  })

  it('that was refused is not handed out again, and asked for once by all who were refused', async () => {
    const { value } = await get()
    world.clock.advance(60_000)
    const renewed = await Promise.all([get(value), get(value), get()])
    expect(world.calls()).toEqual([tokenRoute, tokenRoute])
    expect(reveal(renewed[0].value)).not.toBe(reveal(value))
    expect(reveal((await get(value)).value)).toBe(reveal(renewed[1].value))
  })

  it('that is refused although it is new is waited for: not every part of GitHub knows it at once', async () => {
    const { value } = await get()
    const error = await failureOf(get(value))
    expect(error).toBeInstanceOf(RetryLater)
    expect((error as RetryLater).notBefore).toBeGreaterThan(world.clock.now())
    expect(world.calls()).toHaveLength(1)
  })

  it('that could not be had is asked for again by whoever comes next', async () => {
    world.github.fault = () => ({ status: 502 })
    expect(await failureOf(get())).toBeInstanceOf(RetryLater)
    world.github.fault = undefined
    expect(reveal((await get()).value)).toMatch(/^ghs_/)
  })
})

describe('what a person has to mend is Terminal', () => {
  const fixOf = async (call: Promise<unknown>) => {
    const error = await failureOf(call, world.github)
    expect(error).toBeInstanceOf(Terminal)
    return `${error.message}; ${(error as Terminal).fix}`
  }
  const withKey = (privateKey: string, appId = '4711') =>
    githubApp({
      base: world.github.url,
      clock: world.clock,
      secret,
      key: async () => ({ appId, privateKey: new SecretValue(privateKey) }),
    }).tokens.get(quotes, permissions)

  it('no App: the secret is named', async () => {
    const { url: base } = world.github
    const app = githubApp({ base, clock: world.clock, secret, key: async () => undefined })
    expect(await fixOf(app.tokens.get(quotes, permissions))).toContain(`the secret ${secret} is empty`)
    expect(await app.id()).toBeUndefined()
  })

  it.each<[string, (key: string) => string]>([
    ['the first line only', (key) => key.split('\n')[0] ?? ''],
    ['a line is missing', (key) => key.split('\n').toSpliced(3, 1).join('\n')],
    ['cut off', (key) => key.slice(0, 700)],
    ['line ends became spaces', (key) => key.replaceAll('\n', ' ')],
    ['not a key', () => '-----BEGIN CERTIFICATE-----\nbm90IGEga2V5\n-----END CERTIFICATE-----\n'],
    ['OpenSSH', () => `-----BEGIN ${openssh}-----\nbm90IGEga2V5\n-----END ${openssh}-----\n`],
    ['no text', () => ' '],
  ])('a key that is none (%s): the secret is named, and nothing of the key is in the error', async (_, damage) => {
    const text = await fixOf(withKey(damage(reveal(world.github.app.privateKey))))
    expect(text).toContain(`in the secret ${secret} cannot be used`)
    expect(world.calls()).toEqual([])
  })

  it('the key of another App, or a wrong id: GitHub does not accept them', async () => {
    const { makeApp } = await import('../../local/github/app.ts')
    expect(await fixOf(withKey(reveal(makeApp().privateKey)))).toContain(`appId and privateKey in the secret ${secret}`)
    expect(await fixOf(withKey(reveal(world.github.app.privateKey), '1'))).toContain('GitHub does not accept')
  })

  it('a key whose line ends are written as \\n works', async () => {
    const key = reveal(world.github.app.privateKey).replaceAll('\n', '\\n')
    expect(await withKey(key)).toMatchObject({ name: 'quotes' })
  })

  it('a repository that the installation does not cover', async () => {
    const other = world.app.tokens.get({ ...quotes, repositoryId: 9 }, permissions)
    expect(await fixOf(other)).toMatch(/no access to the repository 9 .* give the App’s installation access/)
  })

  it('an installation that was taken away', async () => {
    world.github.uninstall(11)
    expect(await fixOf(get())).toContain('give the App’s installation access')
  })

  it('a permission that the App lacks', async () => {
    world.github.permit(11, { contents: 'read' })
    const text = await fixOf(world.app.tokens.get(quotes, { checks: 'write' }))
    expect(text).toMatch(/lacks a permission .* accept them/)
  })

  it('an App that is not installed for the owner of a cluster repository, or is elsewhere by now', async () => {
    const fleet = { owner: 'acme', name: 'fleet' }
    expect(await fixOf(world.app.tokens.get(fleet, permissions))).toContain('install the App for its owner')
    await world.github.renameRepository(7, 'acme/prices')
    const renamed = world.app.tokens.get({ owner: 'acme', name: 'quotes' }, permissions)
    expect(await fixOf(renamed)).toContain('write the URL that the repository has now')
  })

  it('a clone URL on another host: the token does not go there', async () => {
    world.github.fault = ({ path }) =>
      path.endsWith('/access_tokens')
        ? {
            status: 201,
            body: {
              token: 'ghs_x',
              expires_at: '2030-01-01T00:00:00Z',
              repositories: [
                { id: 7, name: 'quotes', owner: { login: 'acme' }, clone_url: 'https://evil.example/acme/quotes.git' },
              ],
            },
          }
        : undefined
    expect(await fixOf(get())).toContain('check that FAIRWAY_GITHUB_URL')
  })
})
