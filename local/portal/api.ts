import type { PortalState, StateFile, StoredEntity, StoredRun } from './state.ts'

export interface PortalUser {
  readonly id: string
  readonly email: string
  readonly teams: readonly string[]
}

export interface ApiRequest {
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  /** What the path's `{…}` stand for. */
  readonly parameters: readonly string[]
}

export interface ApiAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

export interface ApiContext {
  readonly file: StateFile
  readonly users: readonly PortalUser[]
  /** ISO 8601. */
  readonly now: () => string
}

export type Operation = (context: ApiContext, request: ApiRequest) => Promise<ApiAnswer> | ApiAnswer

/** Answers of Port's API as its reference documents them: https://docs.port.io/api-reference/port-api/ */
export const readRun: Operation = ({ file }, { parameters }) => {
  const run = file.state.runs[parameters[0] ?? '']
  return run ? { status: 200, body: { ok: true, run: shown(run) } } : missing('run')
}

export const updateRun: Operation = async ({ file, now }, { parameters, body }) => {
  const id = parameters[0] ?? ''
  const run = file.state.runs[id]
  if (!run) return missing('run')
  if (run.status !== 'IN_PROGRESS') return ended(run)
  const { status, statusLabel, link } = body
  if (status !== undefined && status !== 'SUCCESS' && status !== 'FAILURE') return invalid('status')
  const next: StoredRun = {
    ...run,
    ...(status === undefined ? {} : { status, endedAt: now() }),
    ...(typeof statusLabel === 'string' ? { statusLabel } : {}),
    ...(typeof link === 'string' ? { link } : {}),
  }
  await file.change(withRun(next))
  return { status: 200, body: { ok: true, run: shown(next) } }
}

export const addLog: Operation = async ({ file, now }, { parameters, body }) => {
  const run = file.state.runs[parameters[0] ?? '']
  if (!run) return missing('run')
  if (run.status !== 'IN_PROGRESS') return ended(run)
  const { message } = body
  if (typeof message !== 'string') return invalid('message')
  await file.change(withRun({ ...run, logs: [...run.logs, message] }))
  return { status: 201, body: { ok: true, runLog: { runId: run.id, message, createdAt: now() } } }
}

export const upsertEntity: Operation = async ({ file }, { parameters, query, body }) => {
  const blueprint = parameters[0] ?? ''
  const { identifier, title, properties, relations } = body as unknown as StoredEntity
  if (typeof identifier !== 'string' || !/^[A-Za-z0-9@_.:\\/=-]+$/.test(identifier)) return invalid('identifier')
  const before = file.state.entities[blueprint]?.[identifier]
  if (before && query.get('upsert') !== 'true') return { status: 409, body: { ok: false, error: 'conflict' } }
  const kept = query.get('merge') === 'true' ? before : undefined
  const entity: StoredEntity = {
    identifier,
    ...(title === undefined ? {} : { title }),
    properties: { ...kept?.properties, ...properties },
    relations: { ...kept?.relations, ...relations },
  }
  await file.change((state) => ({
    ...state,
    entities: { ...state.entities, [blueprint]: { ...state.entities[blueprint], [identifier]: entity } },
  }))
  return { status: before ? 200 : 201, body: { ok: true, entity: { ...entity, blueprint } } }
}

/** Of its members only what says which it is. */
export const readBlueprint =
  (known: readonly string[]): Operation =>
  (_context, { parameters: [identifier = ''] }) =>
    known.includes(identifier) ? { status: 200, body: { ok: true, blueprint: { identifier } } } : missing('blueprint')

export const readUser: Operation = ({ users }, { parameters }) => {
  const user = users.find(({ email }) => email === parameters[0])
  return user ? { status: 200, body: { ok: true, user } } : missing('user')
}

export const listUsers: Operation = ({ users }) => ({
  status: 200,
  body: { ok: true, users: users.map((user) => ({ ...user, teams: user.teams.map((name) => ({ name })) })) },
})

export function withRun(run: StoredRun): (state: PortalState) => PortalState {
  return (state) => ({ ...state, runs: { ...state.runs, [run.id]: run } })
}

export function shown(run: StoredRun): Record<string, unknown> {
  const { logs: _logs, ...rest } = run
  return { ...rest, action: { identifier: run.action, title: run.action }, source: 'API', endedAt: run.endedAt ?? null }
}

export const unauthorized: ApiAnswer = { status: 401, body: { ok: false, error: 'unauthorized' } }

export function missing(what: string): ApiAnswer {
  return { status: 404, body: { ok: false, error: 'not_found', message: `the ${what} was not found` } }
}

export function invalid(what: string): ApiAnswer {
  return { status: 422, body: { ok: false, error: 'invalid_request', message: `${what} does not match the schema` } }
}

function ended(run: StoredRun): ApiAnswer {
  return { status: 409, body: { ok: false, error: 'run_ended', message: `the run ${run.id} can no longer be changed` } }
}
