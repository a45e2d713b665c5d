import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Checks, HostedRepository } from '../domain/checks.ts'
import type { Clock, Random } from '../domain/effects.ts'
import type { NamedSource, SourceHeads, SourceReader } from '../domain/git.ts'
import type { SourceSpec } from '../domain/resources.ts'
import type { Store } from '../domain/store.ts'
import { githubApp } from '../git/github/app.ts'
import { githubChecks } from '../git/github/checks.ts'
import { githubSourceHeads } from '../git/github/heads.ts'
import { githubSourceReader } from '../git/github/source.ts'
import type { Counter } from './counts.ts'
import type { LocalDirectory } from './directory.ts'
import { startGitHub, type LocalGitHub } from './github/server.ts'
import { localName } from './remotes.ts'

/** Sources of type `github`: the deployed adapter, on a stand-in that serves the bare repositories of `sources/`. */
export interface LocalHost {
  readonly github: LocalGitHub
  readonly checks: Checks
  /** Reads those sources with the App's tokens, and hands the others over. */
  reader(plain: SourceReader): SourceReader
  /** Asks for their heads in batches, and hands the others over. */
  heads(plain: SourceHeads): SourceHeads
}

const run = promisify(execFile)

export async function startHost(options: {
  readonly directory: LocalDirectory
  readonly store: Store
  readonly counter: Counter
  readonly clock: Clock
  readonly random: Random
}): Promise<LocalHost> {
  const { directory, counter, clock } = options
  const github = await startGitHub({ repositories: directory.path, clock, random: options.random })
  const app = githubApp({ base: github.url, clock, key: () => Promise.resolve(github.app), secret: 'github' })
  const checks = githubChecks(app)
  const known = registry(options, github)
  return {
    github,
    checks: {
      async pullRequest(repository, number) {
        counter.read('github')
        const name = await known(repository)
        const pull = name === undefined ? undefined : await pulled(directory, name, number)
        if (pull !== undefined) await github.addPullRequest(repository.repositoryId, pull)
        return pull && checks.pullRequest(repository, number)
      },
      async check(repository, wanted) {
        counter.read('github')
        await known(repository)
        const result = await checks.check(repository, wanted)
        if (result === 'written') counter.write('github')
        return result
      },
    },
    reader(plain) {
      const reader = githubSourceReader({ app, plain, clock })
      const prepared = async ({ installationId, repositoryId }: Partial<HostedRepository>) => {
        if (installationId === undefined || repositoryId === undefined) return
        counter.read('git')
        await known({ installationId, repositoryId })
      }
      return {
        read: async (location, head) => prepared(location).then(() => reader.read(location, head)),
        readRef: async (location, ref) => prepared(location).then(() => reader.readRef(location, ref)),
      }
    },
    heads(plain) {
      const heads = githubSourceHeads({ app, plain })
      const here = async (source: NamedSource): Promise<NamedSource> => {
        const { installationId, repositoryId } = source.location
        if (installationId === undefined || repositoryId === undefined) return source
        const name = await known({ installationId, repositoryId })
        const url = name === undefined ? source.location.url : `${github.host}/sources/${name}.git`
        return { ...source, location: { ...source.location, url } }
      }
      return {
        async heads(sources) {
          counter.read('github')
          return heads.heads(await Promise.all(sources.map(here)))
        },
      }
    },
  }
}

/** The repositories of the Sources that are declared, each made known to the stand-in once. Answers the name. */
function registry(
  { directory, store }: { readonly directory: LocalDirectory; readonly store: Store },
  github: LocalGitHub,
): (repository: HostedRepository) => Promise<string | undefined> {
  const added = new Map<string, Promise<unknown>>()
  return async ({ installationId, repositoryId }) => {
    const specs = (await store.list('Source')).map(({ spec }) => spec as SourceSpec | undefined)
    const spec = specs.find(
      (one) => one?.type === 'github' && one.installationId === installationId && one.repositoryId === repositoryId,
    )
    if (spec?.type !== 'github') return undefined
    const name = await directory.sources.ensure(localName(spec.url))
    const add = () => github.addRepository({ installationId, repositoryId, fullName: `sources/${name}` })
    const adding = added.get(name) ?? add()
    added.set(name, adding)
    await adding
    return name
  }
}

/** A pull request is here what is pushed to its ref; taking the ref away ends it. */
async function pulled(directory: LocalDirectory, name: string, number: number) {
  const git = async (ref: string) => {
    const args = ['--git-dir', join(directory.sources.path, `${name}.git`), 'rev-parse', '--verify', '--quiet', ref]
    return run('git', args).then(
      ({ stdout }) => stdout.trim(),
      () => undefined,
    )
  }
  const [head, base] = await Promise.all([git(`refs/pull/${number}/head`), git('refs/heads/main')])
  return head === undefined ? undefined : { number, head, base: base ?? head }
}
