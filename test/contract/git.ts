import { afterEach, beforeEach, describe } from 'vitest'
import { groupContract } from './gitgroups.ts'
import { racingContract } from './gitraces.ts'
import { sourceHeadsContract } from './githeads.ts'
import { sourceReaderContract } from './gitreader.ts'
import { refusalContract } from './gitrefusals.ts'
import type { GitWorld } from './gitworlds.ts'
import { writingContract } from './gitwriter.ts'

/** What every implementation of `SourceReader` and `ClusterRepositoryWriter` holds. */
export function gitContract(name: string, open: () => Promise<GitWorld>): void {
  describe(`git, ${name}`, () => {
    let world: GitWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())
    describe('SourceReader', () => {
      sourceReaderContract(() => world)
    })
    describe('SourceHeads', () => {
      sourceHeadsContract(() => world)
    })
    describe('ClusterRepositoryWriter', () => {
      writingContract(() => world)
      refusalContract(() => world)
      racingContract(() => world)
      groupContract(() => world)
    })
  })
}
