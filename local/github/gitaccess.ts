import type { GitFault, GitOperation } from '../git.ts'
import { allows } from './http.ts'
import type { GitHubState } from './state.ts'

/** Who may clone and push: a token as the password, for its repositories and permissions alone. */
export function gitAccess(state: GitHubState, operation: GitOperation): GitFault | undefined {
  const fullName = operation.repository.replace(/\.git$/, '')
  const repository = state.named(fullName)
  const access = operation.service === 'receive-pack' ? 'write' : 'read'
  const token = state.token(passwordOf(operation.authorization))
  if (access === 'read' && repository?.open && (token ?? operation.authorization === undefined)) return undefined
  if (token === undefined) return { fault: 'status', status: 401 }
  if (repository === undefined) return moved(state, fullName, operation)
  if (!token.repositories.includes(repository)) return { fault: 'status', status: 404 }
  return allows(token.permissions, 'contents', access) ? undefined : { fault: 'status', status: 403 }
}

function moved(state: GitHubState, fullName: string, { phase, service }: GitOperation): GitFault {
  const repository = state.movedFrom(fullName)
  if (repository === undefined) return { fault: 'status', status: 404 }
  const rest = phase === 'refs' ? `/info/refs?service=git-${service}` : `/git-${service}`
  return { fault: 'status', status: 301, headers: { location: `${state.cloneUrl(repository.fullName)}${rest}` } }
}

/** The user is `x-access-token`, whatever is given: https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation */
function passwordOf(authorization = ''): string {
  const [scheme, value = ''] = authorization.split(' ')
  if (scheme?.toLowerCase() !== 'basic') return ''
  return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
}
