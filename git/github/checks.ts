import type { CheckRun, Checks, HostedRepository } from '../../domain/checks.ts'
import { Terminal } from '../../domain/errors.ts'
import { Refusal } from './answer.ts'
import type { GitHubApp } from './app.ts'
import { type CheckOutput, outputOf } from './checkoutput.ts'
import { said } from './token.ts'
import { append, batch, type CheckCall, create, latest, readPull } from './checkrequests.ts'

const permissions = { checks: 'write', pull_requests: 'read' } as const

/**
 * GitHub's pull requests and check runs. An update of a check run adds its annotations to those that are there, so what
 * differs is a new run of the same name, which GitHub shows instead. Its `external_id` is the hash of all it says, set
 * when all of it is there: by it a run is known again whose answer was lost, and one that was left unfinished is not.
 */
export function githubChecks(app: GitHubApp): Checks {
  const callFor =
    ({ installationId, repositoryId }: HostedRepository): CheckCall =>
    (request) =>
      app.call({ installationId, repositoryId }, permissions, request)
  return {
    async pullRequest(repository, number) {
      try {
        const pull = await callFor(repository)(readPull(number))
        // An old name that somebody else has taken: not a pull request of this repository.
        if (pull.base.repo.id !== repository.repositoryId) return undefined
        return { number: pull.number, open: pull.state === 'open', head: pull.head.sha, base: pull.base.sha }
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return undefined
        throw refused(error, 'the pull request')
      }
    },
    async check(repository, run) {
      try {
        return await write(callFor(repository), run, outputOf(run), Number(await app.id()))
      } catch (error) {
        throw refused(error, `the check run for ${run.commit}`)
      }
    },
  }
}

async function write(
  call: CheckCall,
  run: CheckRun,
  output: CheckOutput,
  appId: number,
): Promise<'written' | 'unchanged'> {
  const last = await latest(call, run, appId)
  if (last?.external_id === output.id) return 'unchanged'
  const { id } = await create(call, run, output)
  for (let start = batch; start < output.annotations.length; start += batch) await append(call, id, output, start)
  return 'written'
}

function refused(error: unknown, what: string): unknown {
  if (!(error instanceof Refusal)) return error
  return new Terminal(`GitHub refuses ${what} (${said(error)})`, {
    fix:
      error.status === 403 || error.status === 404
        ? 'give the App the permissions in docs/github.md and access to the repository, and let its owner accept them'
        : 'look at what GitHub says: the commit may be gone from the repository',
  })
}
