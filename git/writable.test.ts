import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SecretValue } from '../domain/secret.ts'
import { realGitWorld, type RealGitWorld } from '../test/contract/gitworlds.ts'
import { gitRemote } from './remote.ts'
import { writable } from './writable.ts'

const clock = { now: () => 0, sleep: () => Promise.resolve() }
const anonymous = gitRemote({ clock, credentials: async () => undefined })

describe('over git http-backend', () => {
  let world: RealGitWorld
  beforeAll(async () => {
    world = await realGitWorld()
  })
  afterAll(() => world.close())

  it('an empty repository is one, and has no branch', async () => {
    const url = await world.create('empty')
    expect(await writable(anonymous, { url, branch: 'main' })).toEqual({ empty: true, branch: false })
  })

  it('a branch is found by its whole name, and nothing is pushed to find it', async () => {
    const url = await world.create('cluster')
    await world.write(url, { 'a.yaml': 'a' })
    await world.write(url, { 'b.yaml': 'b' }, 'main-2')
    const log = await world.log(url)
    world.requests()
    expect(await writable(anonymous, { url, branch: 'main' })).toEqual({ empty: false, branch: true })
    expect(await writable(anonymous, { url, branch: 'mai' })).toEqual({ empty: false, branch: false })
    expect(world.requests()).toEqual(['refs', 'refs'])
    expect(await world.log(url)).toEqual(log)
  })
})

describe('a host that lets read and not write', () => {
  const password = 'password of the reader'
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const writing = request.url?.includes('git-receive-pack')
    response.writeHead(writing ? 403 : 200, { 'content-type': 'text/plain' }).end(`denied to ${password}`)
  })
  let url: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/acme/cluster.git`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  it('is told by the 403 that a push would get, with what to do and without the password', async () => {
    const credentials = async () => ({ username: 'fairway', password: new SecretValue(password) })
    const refused = writable(gitRemote({ clock, credentials }), { url, branch: 'main' })
    await expect(refused).rejects.toMatchObject({
      name: 'Terminal',
      message: expect.stringContaining('forbids the push (403)'),
      fix: expect.stringContaining('write to'),
    })
    await refused.catch((error: Error) => expect(error.message).not.toContain(password))
    expect(asked).toEqual(['GET /acme/cluster.git/info/refs?service=git-receive-pack'])
  })
})
