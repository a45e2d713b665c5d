import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, expect } from 'vitest'
import type { Clock } from '../../domain/effects.ts'
import { isFairwayError, type FairwayError } from '../../domain/errors.ts'
import { reveal } from '../../domain/secret.ts'
import { startGitHub, type LocalGitHub, type LocalGitHubOptions } from '../../local/github/server.ts'
import { nativeCommit } from '../../test/contract/gitnative.ts'
import { githubSchema } from '../../test/support/githubschema.ts'
import { githubApp, type GitHubApp } from './app.ts'

export const secret = 'fairway-control/test/github'
export const quotes = { installationId: 11, repositoryId: 7 }

export interface AppWorld {
  readonly github: LocalGitHub
  readonly app: GitHubApp
  readonly clock: Clock & { advance(milliseconds: number): void }
  /** Clone URL of acme/quotes, which is `quotes`. */
  readonly url: string
  /** `POST /app/installations/11/access_tokens` and so on, since the last time. */
  calls(): readonly string[]
  /** A commit of somebody else; returns its id. */
  write(fullName: string, files: Readonly<Record<string, string>>, branch?: string): Promise<string>
}

/** A GitHub with git, and the App of one control plane. Every call is held against GitHub's own description. */
export function appWorlds(): (options?: Pick<LocalGitHubOptions, 'heads'>) => Promise<AppWorld> {
  const { problems } = githubSchema()
  const open: { github: LocalGitHub; directory: string }[] = []
  afterEach(async () => {
    for (const { github, directory } of open.splice(0)) {
      await github.close()
      await rm(directory, { recursive: true, force: true })
      expect(problems(github.calls)).toEqual([])
    }
  })
  afterAll(() => expect(open).toEqual([]))
  return async (options = {}) => {
    const directory = await mkdtemp(join(tmpdir(), 'fairway-github-'))
    const clock = movedClock()
    const github = await startGitHub({ ...options, ...(options.heads ? {} : { repositories: directory }), clock })
    open.push({ github, directory })
    const url = await github.addRepository({ ...quotes, fullName: 'acme/quotes' })
    let seen = 0
    return {
      github,
      clock,
      url,
      app: githubApp({ base: github.url, clock, key: async () => github.app, secret, timeout: 2000 }),
      calls() {
        const since = github.calls.slice(seen).map(({ method, path }) => `${method} ${path}`)
        seen = github.calls.length
        return since
      },
      write: (fullName, files, branch = 'main') =>
        nativeCommit(join(directory, `${fullName}.git`), branch, files, 'by somebody else'),
    }
  }
}

/** Time that passes only when it is told to. */
function movedClock() {
  let now = Date.UTC(2026, 10, 20)
  return {
    now: () => now,
    advance: (milliseconds: number) => void (now += milliseconds),
    sleep: async () => {
      throw new Error('a function never sleeps')
    },
  }
}

/** The error, which is one of Fairway's, and in which there is nothing that looks like a token, signature or key. */
export async function failureOf(call: Promise<unknown>, github?: LocalGitHub): Promise<FairwayError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(isFairwayError(error)).toBe(true)
  const shown = inspect(error, { depth: 10, showHidden: true, maxStringLength: null })
  expect(shown).not.toMatch(/ghs_|eyJ|authorization|bearer|BEGIN [A-Z]/i)
  if (github) expect(shown).not.toContain(reveal(github.app.privateKey).slice(100, 140))
  return error as FairwayError
}
