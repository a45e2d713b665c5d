import { RetryLater } from '../domain/errors.ts'
import type { ClusterRepositoryTarget } from '../domain/git.ts'
import { advertisedRefs } from './advertisement.ts'
import { BrokenAnswer } from './packetline.ts'
import { placeOf } from './refusals.ts'
import type { GitRemote } from './remote.ts'
import { branchRef } from './request.ts'

/** A repository with a hundred thousand refs advertises about 8 MB. */
const maxBytes = 64 * 1024 * 1024

export interface Writable {
  readonly empty: boolean
  /** The target's branch is there. */
  readonly branch: boolean
}

/**
 * What a push asks first, and nothing after it: hosts refuse it to who may not write. Whether a rule protects the
 * branch they only say to a push. https://git-scm.com/docs/gitprotocol-http#_discovering_references
 */
export async function writable(remote: GitRemote, target: ClusterRepositoryTarget): Promise<Writable> {
  const { url } = target
  const wanted = branchRef(target)
  const chunks = await remote.call({ url, service: 'git-receive-pack', maxBytes })
  try {
    const names = await refNames(chunks)
    return { empty: names.length === 0, branch: names.includes(wanted) }
  } catch (error) {
    if (!(error instanceof BrokenAnswer)) throw error
    throw new RetryLater(`${placeOf(url)} gave no list of branches for a push: ${error.message}`, { cause: error })
  }
}

/** Branches only. An empty repository advertises `capabilities^{}` in place of a ref. */
async function refNames(chunks: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of advertisedRefs(chunks)) if (name.startsWith('refs/heads/')) names.push(name)
  return names
}
