import { afterEach, beforeEach, expect, it } from 'vitest'
import { gitRemote } from './remote.ts'
import { gitClusterRepositoryLister } from './list.ts'
import { blobId } from './blob.ts'
import { realGitWorld, type RealGitWorld } from '../test/contract/gitworlds.ts'

let world: RealGitWorld
beforeEach(async () => {
  world = await realGitWorld()
})
afterEach(() => world.close())

it('who only looks sees what the writer sees, in as many round trips, and again after somebody pushed', async () => {
  const url = await world.create('cluster')
  await world.write(url, { 'm/a/x.yaml': '1', 'm/b/x.yaml': '2', 'other.yaml': '3' })
  const remote = gitRemote({ credentials: async () => undefined, clock: world.clock })
  const lister = gitClusterRepositoryLister({ remote, directory: await world.directory() })
  const target = { url, branch: 'main' }
  const expected = new Map([
    ['m/a/x.yaml', blobId('1')],
    ['m/b/x.yaml', blobId('2')],
  ])
  expect(await lister.list(target, ['m'])).toEqual(expected)
  expect(world.requests()).toEqual(['refs', 'upload-pack'])
  expect(await world.writer().list(target, ['m'])).toEqual(expected)
  world.requests()
  expect(await lister.list(target, ['m/a'])).toEqual(new Map([['m/a/x.yaml', blobId('1')]]))
  expect(world.requests()).toEqual(['refs'])
  await world.write(url, { 'm/a/x.yaml': 'changed' })
  expect(await lister.list(target, ['m/a'])).toEqual(new Map([['m/a/x.yaml', blobId('changed')]]))
  expect(world.requests()).toEqual(['refs', 'upload-pack'])
})
