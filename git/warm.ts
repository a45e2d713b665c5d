import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Terminal } from '../domain/errors.ts'
import type { ClusterRepositoryTarget } from '../domain/git.ts'
import { type Advertisement, readAdvertisement } from './advertisement.ts'
import { type Clone, cloneKey, newClone, openClone, type OpenObjects, removeClone } from './clone.ts'
import type { ReadableObjects } from './objects.ts'
import { defaultPackLimits } from './packindex.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'
import { fetchHead, type FetchLimits, fetchSince } from './uploadpack.ts'

export interface WarmLimits extends FetchLimits {
  /** Clones kept in the directory; the one that grew longest ago goes first. */
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

export interface WarmClones<Kept extends ReadableObjects> {
  /**
   * The clone at the server's head: one round trip when nobody else wrote, a second one for what is new. Without a
   * head: an empty repository.
   */
  synchronise(target: ClusterRepositoryTarget): Promise<Clone<Kept>>
  discard(target: ClusterRepositoryTarget): Promise<void>
}

/**
 * `directory` belongs to one writer. Clones hold no working tree, no history from before they were made, and (where
 * the server has filters) no files: commits and trees are all that writing needs.
 */
export function warmClones<Kept extends ReadableObjects>(
  remote: GitRemote,
  directory: string,
  limits: WarmLimits,
  open: OpenObjects<Kept>,
): WarmClones<Kept> {
  const opened = new Map<string, Clone<Kept>>()
  return {
    async synchronise(target) {
      const key = cloneKey(target)
      const path = join(directory, key)
      const advertised = await readAdvertisement(remote, target.url)
      const want = advertised.branches.get(target.branch)
      if (want === undefined) assertEmpty(target, advertised)
      const kept = opened.get(key) ?? (await openClone(path, target, open))
      const fetching = { remote, target, advertised, limits }
      if (kept && want !== undefined && kept.updates < limits.updates && (await catchUp(kept, want, fetching))) {
        opened.set(key, kept)
        return kept
      }
      await makeRoom(directory, key, limits.clones, (evicted) => opened.delete(evicted))
      const clone = await newClone(path, target, open)
      if (want !== undefined) await fill(clone, want, fetching)
      opened.set(key, clone)
      return clone
    },
    async discard(target) {
      opened.delete(cloneKey(target))
      await removeClone(join(directory, cloneKey(target)))
    },
  }
}

interface Fetching {
  readonly remote: GitRemote
  readonly target: ClusterRepositoryTarget
  readonly advertised: Advertisement
  readonly limits: WarmLimits
}

/** False when the clone cannot be continued: the server does not know its head any more. */
async function catchUp(clone: Clone<ReadableObjects>, want: string, fetching: Fetching): Promise<boolean> {
  if (clone.head === undefined) return false
  if (clone.head === want) return true
  // Our own commit whose answer was lost is here already.
  const here = (await clone.objects.read(want))?.type === 'commit'
  if (!here) {
    const known = { commit: clone.head, shallow: clone.shallow }
    const pack = await fetchSince(fetching.remote, fetchRequest(want, fetching), known)
    if (pack === undefined) return false
    await clone.objects.add(pack)
  }
  await clone.advance(want, clone.shallow)
  return true
}

async function fill(clone: Clone<ReadableObjects>, want: string, fetching: Fetching): Promise<void> {
  const head = await fetchHead(fetching.remote, fetchRequest(want, fetching))
  await clone.objects.add(head)
  await clone.advance(want, head.shallow)
}

function fetchRequest(want: string, { target, advertised, limits }: Fetching) {
  return {
    url: target.url,
    capabilities: advertised.capabilities,
    want,
    filter: 'blob:none',
    limits,
  }
}

function assertEmpty(target: ClusterRepositoryTarget, advertised: Advertisement): void {
  if (advertised.branches.size === 0) return
  throw new Terminal(`${placeOf(target.url)} has no branch ${target.branch}`, {
    fix: 'create the branch, or correct the branch in the Cluster’s repository',
  })
}

async function makeRoom(directory: string, key: string, limit: number, evicted: (key: string) => void): Promise<void> {
  const names = await readdir(directory).catch((): string[] => [])
  const others = names.filter((name) => /^[0-9a-f]{40}$/.test(name) && name !== key)
  const aged = await Promise.all(
    others.map(async (name) => ({
      name,
      at: (await stat(join(directory, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  )
  const surplus = aged.toSorted((a, b) => b.at - a.at).slice(Math.max(limit - 1, 0))
  for (const { name } of surplus) {
    evicted(name)
    await removeClone(join(directory, name))
  }
}
