import type { CheckRun, Checks, HostedRepository, PullRequest } from '../../domain/checks.ts'
import { Terminal } from '../../domain/errors.ts'
import { outputOf } from './checkoutput.ts'

/** A check run as it stands there: cut to GitHub's limits, as a person sees it. */
export type ShownCheckRun = Pick<CheckRun, 'commit' | 'name' | 'conclusion' | 'title' | 'summary' | 'annotations'>

export interface MemoryChecks extends Checks {
  /** What the App has access to. Adding it again changes nothing. */
  add(repository: HostedRepository): void
  /** Also changes one. */
  setPullRequest(repository: HostedRepository, pull: PullRequest): void
  /** Everything written there, oldest first; the last of a name is what is shown. */
  runs(repository: HostedRepository): readonly ShownCheckRun[]
  /** Called before each call: may throw (an outage, a limit). */
  intercept: ((operation: 'pullRequest' | 'check') => Promise<void>) | undefined
}

/** The twin of `githubChecks`. */
export function memoryChecks(): MemoryChecks {
  const repositories = new Map<string, { pulls: Map<number, PullRequest>; runs: (ShownCheckRun & { id: string })[] }>()
  const at = ({ installationId, repositoryId }: HostedRepository) => {
    const found = repositories.get(`${installationId}/${repositoryId}`)
    if (found) return found
    throw new Terminal(`the GitHub App has no access to the repository ${repositoryId}`, {
      fix: 'give the App’s installation access to the repository',
    })
  }
  const checks: MemoryChecks = {
    intercept: undefined,
    add({ installationId, repositoryId }) {
      const key = `${installationId}/${repositoryId}`
      if (!repositories.has(key)) repositories.set(key, { pulls: new Map(), runs: [] })
    },
    setPullRequest: (repository, pull) => void at(repository).pulls.set(pull.number, pull),
    runs: (repository) => at(repository).runs.map(({ id: _id, ...run }) => run),
    async pullRequest(repository, number) {
      await checks.intercept?.('pullRequest')
      return at(repository).pulls.get(number)
    },
    async check(repository, run) {
      await checks.intercept?.('check')
      const { runs } = at(repository)
      const { id, title, summary, annotations: shown } = outputOf(run)
      const last = runs.findLast(({ commit, name }) => commit === run.commit && name === run.name)
      if (last?.id === id) return 'unchanged'
      const { commit, name, conclusion } = run
      const annotations = run.annotations.slice(0, shown.length)
      runs.push({ id, commit, name, conclusion, title, summary, annotations })
      return 'written'
    },
  }
  return checks
}
