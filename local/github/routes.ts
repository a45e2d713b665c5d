import * as checks from './checkruns.ts'
import { redirect, refusal, type Answer, type AppOperation, type Operation, type Route } from './http.ts'
import { appShape, installationShape, pullRequestShape, repositoryShape } from './shapes.ts'
import type { Permissions, RepositoryState } from './state.ts'

/** The calls that Fairway makes: https://docs.github.com/en/rest */
export const routes: readonly Route[] = [
  byApp('GET', '/app', readApp),
  byApp('GET', '/app/installations/{installation_id}', readInstallation),
  byApp('POST', '/app/installations/{installation_id}/access_tokens', createToken),
  byApp('GET', '/repos/{owner}/{repo}/installation', findInstallation),
  byToken('pull_requests', 'read', 'GET', '/repos/{owner}/{repo}/pulls/{pull_number}', readPullRequest),
  byToken('checks', 'read', 'GET', '/repos/{owner}/{repo}/commits/{ref}/check-runs', checks.list),
  byToken('checks', 'write', 'POST', '/repos/{owner}/{repo}/check-runs', checks.create),
  byToken('checks', 'write', 'PATCH', '/repos/{owner}/{repo}/check-runs/{check_run_id}', checks.update),
]

function byApp(method: string, path: string, operation: (operation: AppOperation) => Answer): Route {
  return { needs: 'app', method, operation, pattern: patternOf(path) }
}

function byToken(
  permission: string,
  access: 'read' | 'write',
  method: string,
  path: string,
  operation: (operation: Operation) => Answer,
): Route {
  return { needs: [permission, access], method, operation, pattern: patternOf(path) }
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`)
}

/** https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app */
function createToken({ state, parameters, body }: AppOperation): Answer {
  const installationId = Number(parameters[0])
  const granted = state.installation(installationId)
  if (granted === undefined) return refusal(404, 'Not Found')
  const reachable = state.repositoriesOf(installationId)
  const repositories = chosen(reachable, body)
  if (repositories.includes(undefined)) {
    return refusal(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    )
  }
  const permissions = { ...((body['permissions'] as Permissions | undefined) ?? granted), metadata: 'read' }
  if (!covers(granted, permissions)) {
    return refusal(422, 'The permissions requested are not granted to this installation.')
  }
  const token = state.addToken({ installationId, repositories: repositories as RepositoryState[], permissions })
  return {
    status: 201,
    body: {
      token: token.value,
      expires_at: new Date(token.until).toISOString().replace(/\.\d+Z$/, 'Z'),
      permissions,
      repository_selection: 'selected',
      repositories: token.repositories.map((repository) => repositoryShape(state, repository)),
    },
  }
}

function chosen(
  reachable: readonly RepositoryState[],
  body: AppOperation['body'],
): readonly (RepositoryState | undefined)[] {
  const ids = (body['repository_ids'] ?? []) as readonly number[]
  const names = (body['repositories'] ?? []) as readonly string[]
  if (ids.length + names.length === 0) return reachable
  const short = ({ fullName }: RepositoryState) => fullName.split('/')[1]?.toLowerCase()
  return [
    ...ids.map((id) => reachable.find((repository) => repository.id === id)),
    ...names.map((name) => reachable.find((repository) => short(repository) === name.toLowerCase())),
  ]
}

function covers(granted: Permissions, wanted: Permissions): boolean {
  return Object.entries(wanted).every(([name, access]) => granted[name] === 'write' || granted[name] === access)
}

function readApp({ state }: AppOperation): Answer {
  return { status: 200, body: appShape(state) }
}

function readInstallation({ state, parameters }: AppOperation): Answer {
  const id = Number(parameters[0])
  const [repository] = state.repositoriesOf(id)
  const granted = state.installation(id)
  if (repository === undefined || granted === undefined) return refusal(404, 'Not Found')
  return { status: 200, body: installationShape(state, repository, granted) }
}

function findInstallation({ state, parameters }: AppOperation): Answer {
  const [owner = '', name = ''] = parameters
  const repository = state.named(`${owner}/${name}`)
  if (repository === undefined) return redirect(state, `${owner}/${name}`, `/repos/${owner}/${name}/installation`)
  const granted = state.installation(repository.installationId)
  if (granted === undefined) return refusal(404, 'Not Found')
  return { status: 200, body: installationShape(state, repository, granted) }
}

function readPullRequest({ state, repository, parameters }: Operation): Answer {
  const pull = repository.pulls.get(Number(parameters[2]))
  return pull ? { status: 200, body: pullRequestShape(state, repository, pull) } : refusal(404, 'Not Found')
}
