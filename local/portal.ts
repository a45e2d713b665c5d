import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Random } from '../domain/effects.ts'
import { reveal, type SecretValue } from '../domain/secret.ts'
import type { Counter } from './counts.ts'
import * as api from './portal/api.ts'
import { bodyOf, route, write, type Route } from './portal/http.ts'
import { openState, type PortalState, type StoredRun } from './portal/state.ts'
import type { PortAction } from './portal/template.ts'
import { sendWebhook } from './portal/webhook.ts'

export interface LocalPortalOptions {
  /** State is kept here, as JSON. */
  readonly directory: string
  readonly clientId: string
  /** Authenticates clients, and signs webhooks, as in Port. */
  readonly clientSecret: SecretValue
  readonly actions: readonly PortAction[]
  /** Identifiers of the blueprints that somebody made; entities are taken of any. */
  readonly blueprints?: readonly string[]
  readonly users: readonly api.PortalUser[]
  /** Where runs are delivered, instead of the action's own URL. */
  readonly webhook?: () => string
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'bytes'>
  /** Fairway's calls are counted as `port`; tokens, and what people do, are not. */
  readonly counter: Pick<Counter, 'read' | 'write'>
}

export interface LocalPortal {
  /** Serves the paths that start with `/v1/`. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Somebody runs an action, which is delivered at once. */
  execute(action: string, inputs: Readonly<Record<string, unknown>>, runAs: string): Promise<Delivered>
  /** Delivers a run again, freshly signed. */
  redeliver(run: string): Promise<Delivered>
  readonly state: PortalState
}

export interface Delivered {
  readonly run: string
  /** HTTP status of the webhook; absent when nobody answered. */
  readonly webhook?: number
}

const tokenSeconds = 3 * 3600

/** A stand-in of Port's API: the calls that Fairway makes, and the one by which people make a run. */
export async function openLocalPortal(options: LocalPortalOptions): Promise<LocalPortal> {
  const file = await openState(options.directory)
  const now = () => new Date(options.clock.now()).toISOString()
  const context: api.ApiContext = { file, users: options.users, now }
  const tokens = new Map<string, number>()

  const deliver = async (run: StoredRun | undefined, id: string): Promise<Delivered> => {
    const action = options.actions.find(({ identifier }) => identifier === run?.action)
    if (run === undefined || action === undefined) return { run: id }
    const { clientSecret } = options
    const url = options.webhook ? { url: options.webhook() } : {}
    const status = await sendWebhook(action, run, { clientSecret, now: options.clock.now(), ...url })
    return { run: id, ...(status === undefined ? {} : { webhook: status }) }
  }
  const execute: LocalPortal['execute'] = async (action, properties, runAs) => {
    // A run names a person by id, as Port's does where somebody clicked.
    const createdBy = options.users.find(({ email }) => email === runAs)?.id ?? runAs
    const id = `r_${Buffer.from(options.random.bytes(8)).toString('hex')}`
    const run = { id, action, status: 'IN_PROGRESS', properties, createdBy, createdAt: now(), logs: [] } as const
    await file.change(api.withRun(run))
    return deliver(run, id)
  }
  const routes = routesOf(authenticate(options, tokens), runAction(options, execute), options.blueprints ?? [])

  const serve = async (request: IncomingMessage): Promise<api.ApiAnswer> => {
    const url = new URL(request.url ?? '/', 'http://portal')
    const found = routes.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname))
    if (!found) return api.missing('route')
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (found.kind !== 'token' && (tokens.get(bearer) ?? 0) <= options.clock.now()) return api.unauthorized
    if (found.kind === 'read') options.counter.read('port')
    if (found.kind === 'write') options.counter.write('port')
    const body = await bodyOf(request)
    if (body === undefined) return api.invalid('the body')
    const parameters = (found.pattern.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent)
    return found.operation(context, { query: url.searchParams, body, parameters })
  }
  return {
    execute,
    redeliver: (id) => deliver(file.state.runs[id], id),
    handle: (request, response) => {
      const answer = serve(request).catch((): api.ApiAnswer => ({ status: 500, body: { ok: false } }))
      void answer.then((content) => write(response, content))
    },
    get state() {
      return file.state
    },
  }
}

function routesOf(token: api.Operation, person: api.Operation, blueprints: readonly string[]): readonly Route[] {
  return [
    route('token', 'POST', '/v1/auth/access_token', token),
    route('read', 'GET', '/v1/actions/runs/{run}', api.readRun),
    route('write', 'PATCH', '/v1/actions/runs/{run}', api.updateRun),
    route('write', 'POST', '/v1/actions/runs/{run}/logs', api.addLog),
    route('write', 'POST', '/v1/blueprints/{blueprint}/entities', api.upsertEntity),
    route('read', 'GET', '/v1/blueprints/{blueprint}', api.readBlueprint(blueprints)),
    route('read', 'GET', '/v1/users', api.listUsers),
    route('read', 'GET', '/v1/users/{email}', api.readUser),
    route('person', 'POST', '/v1/actions/{action}/runs', person),
  ]
}

function authenticate(options: LocalPortalOptions, tokens: Map<string, number>): api.Operation {
  return (_context, { body }) => {
    const right = body['clientId'] === options.clientId && same(body['clientSecret'], options.clientSecret)
    if (!right) return api.unauthorized
    const accessToken = Buffer.from(options.random.bytes(24)).toString('base64url')
    tokens.set(accessToken, options.clock.now() + tokenSeconds * 1000)
    return { status: 200, body: { ok: true, accessToken, expiresIn: tokenSeconds, tokenType: 'Bearer' } }
  }
}

function runAction(options: LocalPortalOptions, execute: LocalPortal['execute']): api.Operation {
  return async ({ file }, { parameters, body, query }) => {
    const action = options.actions.find(({ identifier }) => identifier === parameters[0])
    if (action === undefined) return api.missing('action')
    const inputs = (body['properties'] ?? {}) as Record<string, unknown>
    const wrong = wrongInput(action, inputs)
    if (wrong !== undefined) return api.invalid(wrong)
    const { run: id } = await execute(action.identifier, inputs, query.get('run_as') ?? options.clientId)
    const run = file.state.runs[id]
    return { status: 201, body: { ok: true, ...(run && { run: api.shown(run) }) } }
  }
}

/** Port checks a form against the action's inputs; a condition in jq is left to Fairway. */
function wrongInput({ trigger }: PortAction, inputs: Readonly<Record<string, unknown>>): string | undefined {
  const { properties, required } = trigger.userInputs
  const unknown = Object.keys(inputs).find((name) => !Object.hasOwn(properties, name))
  if (unknown !== undefined) return `the input ${unknown}`
  return 'jqQuery' in required ? undefined : required.find((name) => inputs[name] === undefined)
}

function same(given: unknown, secret: SecretValue): boolean {
  const [a, b] = [Buffer.from(typeof given === 'string' ? given : ''), Buffer.from(reveal(secret))]
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
