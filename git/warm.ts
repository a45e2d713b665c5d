import { readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { isFairwayError, RetryLater, Terminal } from '../domain/errors.ts'
import type { ClusterRepositoryTarget } from '../domain/git.ts'
import { type Advertisement, readAdvertisement } from './advertisement.ts'
import { type Clone, cloneKey, newClone, openClone, removeClone } from './clone.ts'
import { checkPack, defaultPackLimits, type PackLimits } from './packguard.ts'
import { BrokenAnswer } from './packetline.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'
import { fetchPack } from './uploadpack.ts'

export interface WarmLimits extends PackLimits {
  /** Of one answer. */
  readonly packBytes: number
  /** Clones kept in the directory; the one used longest ago goes first. */
  readonly clones: number
  /** A clone that grew this often is made anew, because each growth leaves a pack or loose objects. */
  readonly updates: number
}

export const defaultWarmLimits: WarmLimits = {
  ...defaultPackLimits,
  packBytes: 512 * 1024 * 1024,
  clones: 16,
  updates: 200,
}

export interface WarmClones {
  /**
   * The clone at the server's head: one round trip when nobody else wrote, one more for what is new. Undefined head:
   * an empty repository.
   */
  synchronise(target: ClusterRepositoryTarget): Promise<Clone>
  discard(target: ClusterRepositoryTarget): Promise<void>
}

/**
 * `directory` belongs to one writer. Clones hold no working tree, no history from before they were made, and (where
 * the server has filters) no files: commits and trees are all that writing needs.
 */
export function warmClones(remote: GitRemote, directory: string, limits: WarmLimits): WarmClones {
  const opened = new Map<string, Clone>()
  const pathOf = (target: ClusterRepositoryTarget) => join(directory, cloneKey(target))

  async function open(target: ClusterRepositoryTarget): Promise<Clone | undefined> {
    const clone = opened.get(cloneKey(target)) ?? (await openClone(pathOf(target), target))
    return clone && clone.updates < limits.updates ? clone : undefined
  }

  async function fresh(target: ClusterRepositoryTarget, advertised: Advertisement, want: string | undefined) {
    await makeRoom(directory, cloneKey(target), limits.clones, (key) => opened.delete(key))
    const clone = await newClone(pathOf(target), target)
    opened.set(cloneKey(target), clone)
    if (want === undefined) return clone
    const { pack, shallow } = await fetchPack(remote, {
      ...request(target, advertised, want, limits),
      depth: 1,
    })
    await take(clone, target, pack, limits)
    await clone.advance(want, shallow)
    return clone
  }

  return {
    async synchronise(target) {
      const advertised = await readAdvertisement(remote, target.url)
      const want = advertised.branches.get(target.branch)
      if (want === undefined) assertEmpty(target, advertised)
      const clone = await open(target)
      if (clone === undefined || want === undefined) return await fresh(target, advertised, want)
      opened.set(cloneKey(target), clone)
      if (clone.head === want) return clone
      // Our own commit, whose answer was lost: it is here already.
      if (clone.head === undefined || (await clone.objects.read(want))?.type === 'commit') {
        if (clone.head === undefined) return await fresh(target, advertised, want)
        await clone.advance(want, clone.shallow)
        return clone
      }
      // Without depth: with it, the server would send every file again.
      const fetched = await fetchPack(remote, {
        ...request(target, advertised, want, limits),
        have: clone.head,
        shallow: clone.shallow,
      })
      if (!fetched.common) return await fresh(target, advertised, want)
      await take(clone, target, fetched.pack, limits)
      await clone.advance(want, [...clone.shallow, ...fetched.shallow])
      return clone
    },
    async discard(target) {
      opened.delete(cloneKey(target))
      await removeClone(pathOf(target))
    },
  }
}
