import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import type { GitCredentials } from '../../domain/git.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import { gitCredentials } from '../authenticate.ts'
import { gitRemote } from '../remote.ts'
import { gitClusterRepositoryWriter } from '../write.ts'
import { githubApp } from './app.ts'
import { githubCredentials } from './credentials.ts'
import { appWorlds, failureOf, secret, type AppWorld } from './fixture.ts'
import { hostOf, repositoryAt } from './host.ts'

const open = appWorlds()
const none: GitCredentials = async () => undefined
let world: AppWorld
let fleet: string
let directory: string
beforeEach(async () => {
  world = await open()
  fleet = await world.github.addRepository({ installationId: 11, repositoryId: 20, fullName: 'acme/fleet' })
  directory = await mkdtemp(join(tmpdir(), 'fairway-clones-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const lookUp = 'GET /repos/acme/fleet/installation'
const tokenRoute = 'POST /app/installations/11/access_tokens'

function commit(credentials: GitCredentials, text: string) {
  const writer = gitClusterRepositoryWriter({
    remote: gitRemote({ clock: world.clock, credentials }),
    directory,
    author: { name: 'Fairway', email: 'fairway@example.com' },
    clock: world.clock,
    random: { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 },
  })
  return writer.commit({
    target: { url: fleet, branch: 'main' },
    trees: [
      {
        owner: 'policy-admin/quotes',
        paths: ['manifests/quotes'],
        files: new Map([['manifests/quotes/a.yaml', text]]),
      },
    ],
    subject: 'change',
    trailers: [],
  })
}

describe('a cluster repository on the App’s host', () => {
  it('is written with a token for it alone, which is kept', async () => {
    const credentials = githubCredentials(world.app, none)
    expect(await commit(credentials, 'one')).toMatchObject({ result: 'committed' })
    expect(await commit(credentials, 'two')).toMatchObject({ result: 'committed' })
    expect(world.calls()).toEqual([lookUp, tokenRoute])
    expect(world.github.calls[1]?.body).toEqual({ repositories: ['fleet'], permissions: { contents: 'write' } })
  })

  it('is written with a new token where one ended early, and nothing is lost', async () => {
    const credentials = githubCredentials(world.app, none)
    await commit(credentials, 'one')
    world.clock.advance(60_000)
    world.github.endTokens()
    expect(await commit(credentials, 'two')).toMatchObject({ result: 'committed' })
    expect(world.calls()).toEqual([lookUp, tokenRoute, lookUp, tokenRoute])
  })

  it('that the App is not installed for is Terminal, and says what to do', async () => {
    const credentials = githubCredentials(world.app, none)
    const error = await failureOf(credentials(`${world.github.host}/other/fleet.git`))
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix).toContain('install the App for its owner')
  })

  it('for which credentials are configured is written with these', async () => {
    const robot = { prefix: `${world.github.host}/acme`, username: 'robot', password: new SecretValue('hunter2') }
    const credentials = githubCredentials(world.app, gitCredentials([robot]))
    expect((await credentials(fleet))?.username).toBe('robot')
    expect(world.calls()).toEqual([])
  })

  it('is asked for without credentials where there is no App, as before', async () => {
    const app = githubApp({ base: world.github.url, clock: world.clock, key: async () => undefined, secret })
    expect(await githubCredentials(app, none)(fleet)).toBeUndefined()
  })
})

describe('the App’s token', () => {
  it.each([
    'https://github.com.evil.example/acme/fleet.git',
    'https://evil.example/acme/fleet.git',
    'https://api.github.com/acme/fleet.git',
    'http://github.com/acme/fleet.git',
    'https://github.com:8443/acme/fleet.git',
    'https://github.com/acme',
    'https://github.com/acme/fleet/tree/main',
    'not a URL',
  ])('goes to no other place: %s', async (url) => {
    expect(repositoryAt(hostOf('https://api.github.com'), url)).toBeUndefined()
    expect(await githubCredentials(world.app, none)(url)).toBeUndefined()
    expect(world.calls()).toEqual([])
  })

  it('goes to the host whose API it is of', () => {
    expect(hostOf('https://api.github.com')).toBe('https://github.com')
    expect(hostOf('https://github.example.com/api/v3')).toBe('https://github.example.com')
    expect(hostOf('https://api.acme.ghe.com/')).toBe('https://acme.ghe.com')
    for (const url of [
      'https://github.com/acme/fleet.git',
      'https://github.com/acme/fleet',
      'https://github.com/acme/fleet/',
    ]) {
      expect(repositoryAt('https://github.com', url)).toEqual({ owner: 'acme', name: 'fleet' })
    }
  })

  it('is the password, and no text of it is in what is logged', async () => {
    const found = await githubCredentials(world.app, none)(fleet)
    expect(found?.username).toBe('x-access-token')
    expect(reveal(found?.password as SecretValue)).toMatch(/^ghs_/)
    expect(JSON.stringify(found)).not.toContain('ghs_')
  })
})
