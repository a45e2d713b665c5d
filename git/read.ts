import { isFairwayError, RetryLater } from '../domain/errors.ts'
import type { SourceReader } from '../domain/git.ts'
import { type Advertisement, readAdvertisement } from './advertisement.ts'
import { parseCommit } from './commitobject.ts'
import { readTree } from './edit.ts'
import { memoryFileSystem } from './memoryfs.ts'
import { type ReadableObjects, readableObjectsIn } from './objects.ts'
import { defaultPackLimits } from './packindex.ts'
import { placeOf } from './refusals.ts'
import { shortName } from './request.ts'
import type { GitRemote } from './remote.ts'
import {
  defaultManifestLimits,
  emptyRepository,
  type ManifestLimits,
  type ManifestTree,
  selectManifests,
} from './select.ts'
import { fetchHead, type FetchLimits } from './uploadpack.ts'

export interface SourceReaderOptions {
  readonly remote: GitRemote
  readonly limits?: Partial<FetchLimits & ManifestLimits>
}

/** A pack is in memory up to three times while it is unpacked. */
const defaultLimits: FetchLimits & ManifestLimits = {
  ...defaultPackLimits,
  ...defaultManifestLimits,
  packBytes: 256 * 1024 * 1024,
}

/**
 * Reads over git smart HTTP, without a checkout and without the disk. Round trips: 1 when the head is known (refs),
 * else 2 (refs, fetch of one commit), and 3 where the server offers filters but refuses the one that is asked for.
 */
export function gitSourceReader(options: SourceReaderOptions): SourceReader {
  const { remote } = options
  const limits = { ...defaultLimits, ...options.limits }
  return {
    async read({ url }, known) {
      const advertised = await readAdvertisement(remote, url)
      const { head } = advertised
      if (head === undefined) throw emptyRepository(placeOf(url))
      if (head.commit === known) return 'unchanged'
      return { ...head, ...(await manifestsAt(remote, url, advertised, head.commit, limits)) }
    },
    async readRef({ url }, ref) {
      const advertised = await readAdvertisement(remote, url, ref)
      const commit = advertised.ref
      if (commit === undefined) return undefined
      return { commit, branch: shortName(ref), ...(await manifestsAt(remote, url, advertised, commit, limits)) }
    },
  }
}

async function manifestsAt(
  remote: GitRemote,
  url: string,
  advertised: Advertisement,
  commit: string,
  limits: FetchLimits & ManifestLimits,
) {
  const clone = await cloneHead(remote, url, advertised, commit, limits)
  try {
    return await selectManifests(await manifestTree(clone, commit), limits)
  } catch (error) {
    if (isFairwayError(error)) throw error
    throw new RetryLater(`${placeOf(url)} sent a pack that lacks objects of ${commit}`, { cause: error })
  }
}

interface HeadClone {
  readonly objects: ReadableObjects
  /** Files that are too large were left out by the server. */
  readonly filtered: boolean
}

async function cloneHead(
  remote: GitRemote,
  url: string,
  { capabilities }: Advertisement,
  want: string,
  limits: FetchLimits & ManifestLimits,
): Promise<HeadClone> {
  // What would be refused for its size is not even sent. `blob:limit` leaves out what has at least so many bytes.
  const filter = `blob:limit=${limits.fileBytes + 1}`
  const head = await fetchHead(remote, { url, capabilities, want, filter, limits })
  const objects = readableObjectsIn(memoryFileSystem(), '/clone')
  await objects.add(head)
  return { objects, filtered: head.filtered }
}

async function manifestTree({ objects, filtered }: HeadClone, head: string): Promise<ManifestTree> {
  const commit = await objects.read(head)
  if (commit?.type !== 'commit') throw new Error('the head is not a commit')
  return {
    root: await readTree(objects, parseCommit(commit.content).tree),
    children: (directory) => readTree(objects, directory.id),
    async content(file) {
      const found = await objects.read(file.id)
      if (found === undefined && !filtered) throw new Error(`${file.id} is missing`)
      return found?.content
    },
  }
}
