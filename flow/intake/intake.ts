import { argocd } from './argocd.ts'
import { git } from './git.ts'
import { github } from './github.ts'
import { port } from './port.ts'
import {
  failed,
  notFound,
  tooLarge,
  wrongMethod,
  type IntakeAnswer,
  type IntakePorts,
  type IntakeRequest,
  type IntakeRoute,
} from './request.ts'

const defaultLimit = 1024 * 1024

/** `*` is one path segment, given to the route as `name`. */
const routes: readonly { readonly path: string; readonly pattern: RegExp; readonly route: IntakeRoute }[] = [
  { path: '/webhooks/github', pattern: /^\/webhooks\/github$/, route: github },
  { path: '/webhooks/git/{source}', pattern: /^\/webhooks\/git\/([^/]+)$/, route: git },
  { path: '/webhooks/port', pattern: /^\/webhooks\/port$/, route: port },
  { path: '/webhooks/argocd/{cluster}', pattern: /^\/webhooks\/argocd\/([^/]+)$/, route: argocd },
]

/** What an installation answers to, for API Gateway and for people. */
export const intakePaths: readonly string[] = routes.map(({ path }) => path)

/**
 * A webhook request to an event, and never anything but a fixed answer: the signature is checked over the raw bytes
 * before anything is parsed, and the event carries references only.
 */
export async function intake(ports: IntakePorts, request: IntakeRequest): Promise<IntakeAnswer & { route: string }> {
  for (const { path, pattern, route } of routes) {
    const match = pattern.exec(request.path)
    if (match) return { ...(await guarded(ports, request, route, match[1] ?? '')), route: path }
  }
  return { ...notFound, route: 'none' }
}

async function guarded(
  ports: IntakePorts,
  request: IntakeRequest,
  route: IntakeRoute,
  name: string,
): Promise<IntakeAnswer> {
  if (request.method !== 'POST') return wrongMethod
  // Before the signature, which would have to hash all of it.
  if (request.body.byteLength > (ports.limit ?? defaultLimit)) return tooLarge
  try {
    return await route(ports, request, name)
  } catch (cause) {
    return failed(cause)
  }
}
