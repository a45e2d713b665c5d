import { RetryLater, Terminal } from '../domain/errors.ts'
import { zeroId } from './blob.ts'
import { BrokenAnswer, lineOf, packets } from './packetline.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'

/** What `info/refs` says: one round trip. */
export interface Advertisement {
  /** Short branch name to commit id. */
  readonly branches: ReadonlyMap<string, string>
  /** The default branch; absent in an empty repository, and where HEAD names a branch that does not exist. */
  readonly head?: { readonly branch: string; readonly commit: string }
  /** Commit of the ref that was asked for besides. */
  readonly ref?: string
  readonly capabilities: ReadonlySet<string>
}

/** A repository with a hundred thousand refs advertises about 8 MB. */
const maxBytes = 64 * 1024 * 1024

const headsPrefix = 'refs/heads/'

/** `ref`: a full ref to look for, which need not be a branch. */
export async function readAdvertisement(remote: GitRemote, url: string, ref?: string): Promise<Advertisement> {
  const chunks = await remote.call({ url, service: 'git-upload-pack', maxBytes })
  try {
    const found = await parse(chunks, ref)
    if (found.capabilities.has('object-format=sha256')) {
      throw new Terminal(`${placeOf(url)} uses the SHA-256 object format, which Fairway does not read`, {
        fix: 'use a repository with the SHA-1 object format',
      })
    }
    return found
  } catch (error) {
    if (!(error instanceof BrokenAnswer)) throw error
    throw new RetryLater(`${placeOf(url)} gave no list of branches: ${error.message}`, { cause: error })
  }
}

/**
 * The refs of either service, `list` being the capabilities, on the first of them.
 * https://git-scm.com/docs/gitprotocol-http#_smart_server_response
 */
export async function* advertisedRefs(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly id: string; readonly name: string; readonly list: string | undefined }> {
  let announced = false
  for await (const payload of packets(chunks)) {
    if (payload === undefined) continue
    const line = lineOf(payload)
    if (line.startsWith('# service=')) announced = true
    else if (line.startsWith('ERR ')) throw new BrokenAnswer('the server reports an error')
    else if (line.startsWith('version ')) throw new BrokenAnswer('the server insists on another protocol version')
    else {
      const [ref = '', list] = line.split('\0')
      yield { id: ref.slice(0, 40), name: ref.slice(41), list }
    }
  }
  if (!announced) throw new BrokenAnswer('it does not announce the service')
}

async function parse(chunks: AsyncIterable<Uint8Array>, also: string | undefined): Promise<Advertisement> {
  const refs = new Map<string, string>()
  let capabilities: ReadonlySet<string> | undefined
  for await (const { id, name, list } of advertisedRefs(chunks)) {
    capabilities ??= new Set(list?.split(' ').filter((each) => each !== ''))
    // Tags and pull requests may be many, and are not kept.
    const wanted = name === 'HEAD' || name === also || name.startsWith(headsPrefix)
    if (wanted && /^[0-9a-f]{40}$/.test(id) && id !== zeroId) refs.set(name, id)
  }
  const ref = also === undefined ? undefined : refs.get(also)
  return { ...summarise(refs, capabilities ?? new Set()), ...(ref === undefined ? {} : { ref }) }
}

function summarise(refs: ReadonlyMap<string, string>, capabilities: ReadonlySet<string>): Advertisement {
  const branches = new Map(
    [...refs]
      .filter(([name]) => name.startsWith(headsPrefix))
      .map(([name, id]) => [name.slice(headsPrefix.length), id]),
  )
  const commit = refs.get('HEAD')
  const branch = commit === undefined ? undefined : defaultBranch(commit, branches, capabilities)
  return {
    branches,
    capabilities,
    ...(commit === undefined || branch === undefined ? {} : { head: { branch, commit } }),
  }
}

function defaultBranch(
  commit: string,
  branches: ReadonlyMap<string, string>,
  capabilities: ReadonlySet<string>,
): string | undefined {
  const symref = [...capabilities].find((name) => name.startsWith('symref=HEAD:refs/heads/'))
  if (symref !== undefined) return symref.slice('symref=HEAD:refs/heads/'.length)
  // CodeCommit advertises HEAD without saying what it stands for.
  const candidates = [...branches].filter(([, id]) => id === commit).map(([name]) => name)
  return ['main', 'master'].find((name) => candidates.includes(name)) ?? candidates.toSorted()[0]
}
