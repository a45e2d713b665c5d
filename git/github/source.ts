import type { Clock } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import type { SourceLocation, SourceReader } from '../../domain/git.ts'
import { gitSourceReader, type SourceReaderOptions } from '../read.ts'
import { gitRemote } from '../remote.ts'
import type { GitHubApp } from './app.ts'
import { appUser } from './credentials.ts'
import type { RepositoryToken } from './token.ts'

export interface GitHubSourceReaderOptions {
  readonly app: GitHubApp
  /** Reads what is registered without the ids of an installation. */
  readonly plain: SourceReader
  readonly clock: Clock
  readonly limits?: SourceReaderOptions['limits']
}

const permissions = { contents: 'read' } as const

/**
 * Sources of type `github` are read where GitHub says that the repository of that id is now. An address that was said
 * some time ago may since be somebody else's, so what is found there counts only after GitHub has said it again; a head
 * that is known already needs no such proof, because its id is its content.
 */
export function githubSourceReader(options: GitHubSourceReaderOptions): SourceReader {
  return {
    read: (location, known) =>
      isHosted(location)
        ? readHosted(options, location, (reader, url) => reader.read({ url }, known))
        : options.plain.read(location, known),
    readRef: (location, ref) =>
      isHosted(location)
        ? readHosted(options, location, (reader, url) => reader.readRef({ url }, ref))
        : options.plain.readRef(location, ref),
  }
}

type Hosted = Required<SourceLocation>

function isHosted(location: SourceLocation): location is Hosted {
  return location.installationId !== undefined && location.repositoryId !== undefined
}

async function readHosted<Result>(
  options: GitHubSourceReaderOptions,
  { installationId, repositoryId }: Hosted,
  read: (reader: SourceReader, url: string) => Promise<Result>,
): Promise<Result> {
  const { tokens } = options.app
  const repository = { installationId, repositoryId }
  const at = (token: RepositoryToken) => read(readerWith(options, repository, token), token.cloneUrl)
  const kept = await tokens.get(repository, permissions)
  if (tokens.isFresh(kept)) return at(kept)
  const found = await at(kept).catch((error: unknown) => {
    // Moved, gone, or not accessible any more: as far as that address can tell.
    if (error instanceof Terminal) return undefined
    throw error
  })
  if (found === 'unchanged') return found
  const renewed = await tokens.get(repository, permissions, kept.value)
  return found !== undefined && renewed.cloneUrl === kept.cloneUrl ? found : at(renewed)
}

function readerWith(
  { app, clock, limits }: GitHubSourceReaderOptions,
  repository: { readonly installationId: number; readonly repositoryId: number },
  token: RepositoryToken,
): SourceReader {
  const remote = gitRemote({
    clock,
    async credentials(_, refused) {
      const current = refused === undefined ? token : await app.tokens.get(repository, permissions, refused)
      return { username: appUser, password: current.value }
    },
  })
  return gitSourceReader({ remote, ...(limits === undefined ? {} : { limits }) })
}
