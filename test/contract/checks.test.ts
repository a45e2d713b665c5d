import { expect } from 'vitest'
import type { CheckAnnotation } from '../../domain/checks.ts'
import { systemClock } from '../../domain/effects.ts'
import { RetryLater } from '../../domain/errors.ts'
import { githubApp } from '../../git/github/app.ts'
import { githubChecks } from '../../git/github/checks.ts'
import { memoryChecks } from '../../git/github/memory.ts'
import { startGitHub } from '../../local/github/server.ts'
import type { AnnotationState, CheckRunState } from '../../local/github/state.ts'
import { githubSchema } from '../support/githubschema.ts'
import { checksContract, type ChecksWorld, type ShownRun } from './checks.ts'

const schema = githubSchema()

checksContract('in memory', async (): Promise<ChecksWorld> => {
  const checks = memoryChecks()
  let written = 0
  checks.intercept = async () => {
    if (world.outages === 0) return
    world.outages--
    throw new RetryLater('GitHub answered 503')
  }
  const world: ChecksWorld = {
    checks,
    add: async (repository) => checks.add(repository),
    setPullRequest: async (repository, pull) => checks.setPullRequest(repository, pull),
    shown(repository, commit) {
      const found = checks.runs(repository).filter((one) => one.commit === commit)
      return newest(found, ({ name }) => name)
    },
    writes() {
      const now = checks.runs({ installationId: 11, repositoryId: 7 }).length
      const since = now - written
      written = now
      return since
    },
    outages: 0,
    close: async () => undefined,
  }
  return world
})

checksContract('on GitHub', async (): Promise<ChecksWorld> => {
  const github = await startGitHub()
  const app = githubApp({
    base: github.url,
    clock: systemClock,
    key: async () => github.app,
    secret: 'fairway-control/test/github',
  })
  github.fault = () => {
    if (world.outages === 0) return undefined
    world.outages--
    return { status: 503 }
  }
  let seen = 0
  const world: ChecksWorld = {
    checks: githubChecks(app),
    add: async (repository) => void (await github.addRepository({ ...repository, fullName: 'acme/quotes' })),
    setPullRequest: ({ repositoryId }, pull) => github.addPullRequest(repositoryId, pull),
    shown({ repositoryId }, commit) {
      const found = github.checkRuns(repositoryId).filter(({ head_sha }) => head_sha === commit)
      return newest(found, ({ name }) => name).map(shown)
    },
    writes() {
      const since = github.calls.slice(seen)
      seen = github.calls.length
      return since.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/access_tokens')).length
    },
    outages: 0,
    async close() {
      await github.close()
      expect(schema.problems(github.calls)).toEqual([])
    },
  }
  return world
})

function newest<Run>(runs: readonly Run[], nameOf: (run: Run) => string): readonly Run[] {
  return runs.filter((run, index) => !runs.slice(index + 1).some((later) => nameOf(later) === nameOf(run)))
}

function shown({ head_sha, name, conclusion, title, summary, annotations, status }: CheckRunState): ShownRun {
  expect(status).toBe('completed')
  return {
    commit: head_sha,
    name,
    conclusion: conclusion as ShownRun['conclusion'],
    title,
    summary,
    annotations: annotations.map(annotation),
  }
}

function annotation({ path, start_line, start_column, ...rest }: AnnotationState): CheckAnnotation {
  return {
    path,
    line: start_line,
    ...(start_column === undefined ? {} : { column: start_column }),
    level: rest.annotation_level as CheckAnnotation['level'],
    ...(rest.title === undefined ? {} : { title: rest.title }),
    message: rest.message,
  }
}
