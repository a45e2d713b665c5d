import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Random } from '../domain/effects.ts'
import { reveal, type SecretValue } from '../domain/secret.ts'
import {
  addLog,
  invalid,
  listUsers,
  missing,
  readRun,
  readUser,
  shown,
  updateRun,
  upsertEntity,
  withRun,
  type ApiAnswer,
  type ApiContext,
  type ApiRequest,
  type Operation,
  type PortalUser,
} from './portal/api.ts'
import { openState, type PortalState, type StoredRun } from './portal/state.ts'
import { fill, type PortAction } from './portal/template.ts'

export interface LocalPortalOptions {
  /** State is kept here as JSON. */
  readonly directory: string
  readonly clientId: string
  /** Authenticates clients, and signs webhooks, as in Port. */
  readonly clientSecret: SecretValue
  readonly actions: readonly PortAction[]
  readonly users: readonly PortalUser[]
  /** Where a run of an action is delivered; the action's own URL when absent. */
  readonly webhook?: () => string
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
}

export interface LocalPortal {
  /** Mount it where the paths start with `/v1/`. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** A person runs an action; the webhook's status comes back with the run's id. */
  execute(action: string, inputs: Readonly<Record<string, unknown>>, runAs: string): Promise<Delivered>
  /** Sends a run's webhook again, freshly signed. */
  redeliver(run: string): Promise<Delivered>
  readonly state: PortalState
  /** Requests since the start. Tokens are neither; runs that people start are not Fairway's. */
  readonly counts: { readonly reads: number; readonly writes: number; readonly by: Readonly<Record<string, number>> }
}

export interface Delivered {
  readonly run: string
  /** HTTP status of the webhook; undefined when nobody answered. */
  readonly webhook: number | undefined
}

const tokenLife = 3 * 3600

/**
 * A stand-in of Port's API: the calls that Fairway makes, and the one by which a run is made. A run is delivered as
 * Port does: the action's payload template filled in, signed over the bytes that are sent.
 */
export async function openLocalPortal(options: LocalPortalOptions): Promise<LocalPortal> {
  const file = await openState(options.directory)
  const by: Record<string, number> = {}
  const tokens = new Map<string, number>()
  const context: ApiContext = {
    file,
    users: options.users,
    now: () => new Date(options.clock.now()).toISOString(),
  }

  const execute: LocalPortal['execute'] = async (action, inputs, runAs) => {
    const id = `r_${Buffer.from(options.random.bytes(12)).toString('hex').slice(0, 16)}`
    const run: StoredRun = {
      id,
      action,
      status: 'IN_PROGRESS',
      properties: inputs,
      createdBy: runAs,
      createdAt: context.now(),
      logs: [],
    }
    await file.change(withRun(run))
    return deliver(options, run)
  }
  const redeliver: LocalPortal['redeliver'] = async (id) => {
    const run = file.state.runs[id]
    return run ? deliver(options, run) : { run: id, webhook: undefined }
  }
  const runAction: Operation = async (_context, { parameters, body, query }) => {
    const action = options.actions.find(({ identifier }) => identifier === parameters[0])
    if (!action) return missing('action')
    const inputs = (body['properties'] ?? {}) as Record<string, unknown>
    const wrong = wrongInput(action, inputs)
    if (wrong !== undefined) return invalid(wrong)
    const { run: id } = await execute(action.identifier, inputs, query.get('run_as') ?? options.clientId)
    const run = file.state.runs[id]
    return { status: 201, body: { ok: true, ...(run ? { run: shown(run) } : {}) } }
  }
  const authenticate: Operation = (_context, { body }) => {
    if (!sameText(body['clientId'], options.clientId) || !sameText(body['clientSecret'], reveal(options.clientSecret))) {
      return { status: 401, body: { ok: false, error: 'invalid_credentials' } }
    }
    const accessToken = Buffer.from(options.random.bytes(24)).toString('base64url')
    tokens.set(accessToken, options.clock.now() + tokenLife * 1000)
    return { status: 200, body: { ok: true, accessToken, expiresIn: tokenLife, tokenType: 'Bearer' } }
  }
  const routes = routesOf(authenticate, runAction)

  const serve = async (request: IncomingMessage): Promise<ApiAnswer> => {
    const url = new URL(request.url ?? '/', 'http://portal')
    const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname))
    if (!route) return missing('route')
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (route.kind !== 'token' && (tokens.get(bearer) ?? 0) <= options.clock.now()) {
      return { status: 401, body: { ok: false, error: 'unauthorized' } }
    }
    by[route.name] = (by[route.name] ?? 0) + 1
    const parameters = (route.pattern.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent)
    const body = await bodyOf(request)
    return body === undefined ? invalid('the body') : route.operation(context, { query: url.searchParams, body, parameters })
  }
  return {
    execute,
    redeliver,
    handle: (request, response) => void serve(request).then((answer) => write(response, answer), failed(response)),
    get state() {
      return file.state
    },
    get counts() {
      const sum = (kind: string) =>
        routes.filter((route) => route.kind === kind).reduce((total, { name }) => total + (by[name] ?? 0), 0)
      return { reads: sum('read'), writes: sum('write'), by: { ...by } }
    },
  }
}

interface Route {
  readonly name: string
  readonly method: string
  readonly pattern: RegExp
  readonly kind: 'token' | 'read' | 'write' | 'person'
  readonly operation: Operation
}

function routesOf(authenticate: Operation, runAction: Operation): readonly Route[] {
  const route = (kind: Route['kind'], method: string, path: string, operation: Operation): Route => ({
    name: `${method} ${path}`,
    method,
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`),
    kind,
    operation,
  })
  return [
    route('token', 'POST', '/v1/auth/access_token', authenticate),
    route('read', 'GET', '/v1/actions/runs/{run}', readRun),
    route('write', 'PATCH', '/v1/actions/runs/{run}', updateRun),
    route('write', 'POST', '/v1/actions/runs/{run}/logs', addLog),
    route('write', 'POST', '/v1/blueprints/{blueprint}/entities', upsertEntity),
    route('read', 'GET', '/v1/users', listUsers),
    route('read', 'GET', '/v1/users/{email}', readUser),
    route('person', 'POST', '/v1/actions/{action}/runs', runAction),
  ]
}
