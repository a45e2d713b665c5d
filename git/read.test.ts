import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Terminal } from '../domain/errors.ts'
import type { SourceSnapshot } from '../domain/git.ts'
import { git } from '../test/contract/gitnative.ts'
import { realGitWorld, type RealGitWorld } from '../test/contract/gitworlds.ts'
import { gitSourceReader, type SourceReaderOptions } from './read.ts'
import { gitRemote } from './remote.ts'

let world: RealGitWorld
let received: number
beforeEach(async () => {
  world = await realGitWorld()
  received = 0
})
afterEach(() => world.close())

function reader(limits: SourceReaderOptions['limits'] = {}) {
  const remote = gitRemote({ credentials: async () => undefined, clock: world.clock })
  return gitSourceReader({
    limits,
    remote: {
      async call(call) {
        const chunks = await remote.call(call)
        return (async function* () {
          for await (const chunk of chunks) {
            received += chunk.length
            yield chunk
          }
        })()
      },
    },
  })
}

it('a head that is known costs one round trip, a new one two', async () => {
  const url = await world.create('source')
  await world.write(url, { 'fairway.yaml': '1' })
  const { commit } = (await reader().read({ url })) as SourceSnapshot
  expect(world.requests()).toEqual(['refs', 'upload-pack'])
  await reader().read({ url }, commit)
  expect(world.requests()).toEqual(['refs'])
})

it('only the head comes, not the history', async () => {
  const url = await world.create('source')
  await world.write(url, { 'large.bin': { mode: '100644', content: randomBytes(500_000) } })
  await world.write(url, { 'large.bin': undefined, 'fairway.yaml': '1' })
  await reader().read({ url })
  expect(received).toBeLessThan(10_000)
})

it('large files do not even come where the server can leave them out', async () => {
  const url = await world.create('source')
  const large = { mode: '100644', content: randomBytes(3_000_000) }
  await world.write(url, { 'large.bin': large, '.fairway/large.yaml': large, 'fairway.yaml': '1' })
  const { files, refused } = (await reader().read({ url })) as SourceSnapshot
  expect(files).toEqual([{ path: 'fairway.yaml', text: '1' }])
  expect(refused).toEqual([{ path: '.fairway/large.yaml', reason: 'larger than 1048576 bytes: split it' }])
  expect(received).toBeLessThan(10_000)
})

it('a server without filters, and one that refuses them, are read all the same', async () => {
  const url = await world.create('source')
  const large = { mode: '100644', content: Buffer.alloc(2_000_000, 'x') }
  await world.write(url, { '.fairway/large.yaml': large, 'fairway.yaml': '1' })
  const expected = {
    files: [{ path: 'fairway.yaml', text: '1' }],
    refused: [{ path: '.fairway/large.yaml', reason: 'larger than 1048576 bytes: split it' }],
  }
  await git(world.path(url), ['config', 'uploadpack.allowFilter', 'false'])
  expect(await reader().read({ url })).toMatchObject(expected)
  expect(world.requests()).toEqual(['refs', 'upload-pack'])
  await git(world.path(url), ['config', 'uploadpack.allowFilter', 'true'])
  await git(world.path(url), ['config', 'uploadpackfilter.allow', 'false'])
  expect(await reader().read({ url })).toMatchObject(expected)
  expect(world.requests()).toEqual(['refs', 'upload-pack', 'upload-pack'])
})

it('more bytes than the limit are Terminal, and are not received', async () => {
  const url = await world.create('source')
  await world.write(url, { 'large.bin': { mode: '100644', content: randomBytes(900_000) }, 'fairway.yaml': '1' })
  const error: unknown = await reader({ packBytes: 100_000 })
    .read({ url })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Terminal)
  expect((error as Terminal).fix).toContain('raise the limit')
  expect(received).toBeLessThan(300_000)
})

it('few bytes that unpack to many are Terminal', async () => {
  const url = await world.create('source')
  await git(world.path(url), ['config', 'uploadpack.allowFilter', 'false'])
  await world.write(url, { 'zeros.bin': { mode: '100644', content: Buffer.alloc(20_000_000) }, 'fairway.yaml': '1' })
  const attempt = (limits: SourceReaderOptions['limits']) =>
    reader(limits)
      .read({ url })
      .catch((thrown: unknown) => thrown)
  expect(await attempt({ packBytes: 1_000_000, objectBytes: 10_000_000 })).toBeInstanceOf(Terminal)
  expect(await attempt({ packBytes: 1_000_000, unpackedBytes: 10_000_000 })).toBeInstanceOf(Terminal)
  expect(received).toBeLessThan(100_000)
  expect(await attempt({ packBytes: 1_000_000 })).toMatchObject({ files: [{ path: 'fairway.yaml' }] })
})

it('files that differ little, which git packs as deltas, are read whole', async () => {
  const url = await world.create('source')
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index} ${randomBytes(8).toString('hex')}`)
  const files = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`.fairway/w${index}.yaml`, [...lines, `end ${index}`].join('\n')]),
  )
  await world.write(url, files)
  await git(world.path(url), ['repack', '-adfq'])
  const snapshot = (await reader().read({ url })) as SourceSnapshot
  expect(Object.fromEntries(snapshot.files.map(({ path, text }) => [path, text]))).toEqual(files)
  expect(received).toBeLessThan(200_000)
})

it('reading leaves nothing on disk', async () => {
  const url = await world.create('source')
  await world.write(url, { 'fairway.yaml': '1' })
  const before = await readdir(world.root)
  await reader().read({ url })
  expect(await readdir(world.root)).toEqual(before)
})
