import * as z from 'zod'
import type { CheckRun } from '../../domain/checks.ts'
import type { GitHubRequest } from './api.ts'
import type { CheckOutput } from './checkoutput.ts'
import type { RepositoryToken } from './token.ts'

/** In the name of one repository, where it is now. */
export type CheckCall = <Answer>(request: (token: RepositoryToken) => GitHubRequest<Answer>) => Promise<Answer>

const pullAnswer = z.object({
  number: z.number(),
  state: z.enum(['open', 'closed']),
  head: z.object({ sha: z.string() }),
  base: z.object({ sha: z.string(), repo: z.object({ id: z.number() }) }),
})

const runAnswer = z.object({
  id: z.number(),
  external_id: z.string().nullable(),
})
type StoredRun = z.infer<typeof runAnswer>

/** Annotations of one request: https://docs.github.com/en/rest/checks/runs#create-a-check-run */
export const batch = 50
/** Runs of one answer, each with a summary of up to 64 KB. */
const page = 30
/** GitHub keeps a thousand runs of one name. */
const pages = Math.ceil(1000 / page)

export function readPull(pull_number: number) {
  return ({ owner, name }: RepositoryToken): GitHubRequest<z.infer<typeof pullAnswer>> => ({
    route: 'GET /repos/{owner}/{repo}/pulls/{pull_number}',
    parameters: { owner, repo: name, pull_number },
    answer: pullAnswer,
    what: 'to read the pull request',
  })
}

/**
 * The run that GitHub shows under this name: the newest that this App made. There are several only where the commit is
 * in several check suites.
 */
export async function latest(call: CheckCall, run: CheckRun, app_id: number): Promise<StoredRun | undefined> {
  const found: StoredRun[] = []
  for (let number = 1; number <= pages; number++) {
    const { check_runs } = await call(({ owner, name }) => ({
      route: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
      parameters: {
        owner,
        repo: name,
        ref: run.commit,
        check_name: run.name,
        app_id,
        filter: 'latest',
        per_page: page,
        page: number,
      },
      answer: z.object({ check_runs: z.array(runAnswer) }),
      what: 'to list the check runs',
    }))
    found.push(...check_runs)
    if (check_runs.length < page) break
  }
  return found.toSorted((a, b) => b.id - a.id)[0]
}

export function create(call: CheckCall, run: CheckRun, output: CheckOutput): Promise<StoredRun> {
  return call(({ owner, name }) => ({
    route: 'POST /repos/{owner}/{repo}/check-runs',
    parameters: {
      owner,
      repo: name,
      name: run.name,
      head_sha: run.commit,
      external_id: output.annotations.length > batch ? `${output.id}-unfinished` : output.id,
      status: 'completed',
      conclusion: run.conclusion,
      output: outputFrom(output, 0),
    },
    answer: runAnswer,
    what: 'to make the check run',
  }))
}

/** The next annotations after the first `start`; with the last of them the run is finished. */
export function append(call: CheckCall, id: number, output: CheckOutput, start: number): Promise<StoredRun> {
  return call(({ owner, name }) => ({
    route: 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
    parameters: {
      owner,
      repo: name,
      check_run_id: id,
      ...(start + batch >= output.annotations.length ? { external_id: output.id } : {}),
      output: outputFrom(output, start),
    },
    answer: runAnswer,
    what: 'to add annotations to the check run',
  }))
}

function outputFrom({ title, summary, annotations }: CheckOutput, start: number) {
  return { title, summary, annotations: annotations.slice(start, start + batch) }
}
