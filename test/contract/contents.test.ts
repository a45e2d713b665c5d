import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { folderContents } from '../../store/contents/folder.ts'
import { memoryContents } from '../../store/contents/memory.ts'
import { contentsContract } from './contents.ts'

contentsContract('in memory', async () => {
  const texts = new Map<string, string>()
  return {
    contents: memoryContents(texts),
    overwrite: async (hash, text) => void texts.set(hash, text),
    close: async () => undefined,
  }
})

contentsContract('in a folder', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-contents-'))
  const folder = join(directory, 'trees')
  return {
    contents: folderContents(folder),
    overwrite: (hash, text) => writeFile(join(folder, hash), text),
    close: () => rm(directory, { recursive: true, force: true }),
  }
})

it('a folder holds nothing but what was put', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-contents-'))
  const contents = folderContents(directory)
  const hashes = await Promise.all(['a', 'b', 'a'].map((text) => contents.put(text)))
  expect((await readdir(directory)).toSorted()).toEqual([...new Set(hashes)].toSorted())
  await rm(directory, { recursive: true, force: true })
})
