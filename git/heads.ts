import { RetryLater, toFailure } from '../domain/errors.ts'
import type { NamedSource, SourceHead, SourceHeads } from '../domain/git.ts'
import { readAdvertisement } from './advertisement.ts'
import type { GitRemote } from './remote.ts'

/** Requests under way at one time. */
const parallel = 16

/** Times in a row that a host may be silent before the rest of its repositories are left to the next look. */
const patience = 3

/**
 * One request for the refs of each: git's protocol knows one repository, and no batch of them
 * (https://git-scm.com/docs/gitprotocol-http#_discovering_references).
 */
export function gitSourceHeads({ remote }: { readonly remote: GitRemote }): SourceHeads {
  return {
    async heads(sources) {
      const found = new Map<string, SourceHead>()
      const silent = new Map<string, number>()
      const rest = sources[Symbol.iterator]()
      const work = async () => {
        for (const source of rest) found.set(source.name, await headOf(remote, source, silent))
      }
      await Promise.all(Array.from({ length: parallel }, work))
      return found
    },
  }
}

async function headOf(remote: GitRemote, { location }: NamedSource, silent: Map<string, number>): Promise<SourceHead> {
  const { url } = location
  const host = URL.canParse(url) ? new URL(url).host : url
  if ((silent.get(host) ?? 0) >= patience) {
    return {
      failure: toFailure(new RetryLater(`${host} is not asked any more in this look: it failed again and again`)),
    }
  }
  try {
    const { head } = await readAdvertisement(remote, url)
    silent.delete(host)
    return head === undefined ? {} : { head: head.commit }
  } catch (error) {
    if (error instanceof RetryLater) silent.set(host, (silent.get(host) ?? 0) + 1)
    return { failure: toFailure(error) }
  }
}
