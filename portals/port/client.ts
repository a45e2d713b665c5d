import * as z from 'zod'
import { Terminal } from '../../domain/errors.ts'
import type { Portal, PortalAnswer, PortalEntity, PortalRun } from '../../domain/portal.ts'
import { portCall, type PortCall, type PortOptions } from './remote.ts'

const ok = z.object({ ok: z.literal(true) })

/** `action` is a name in version 1 of the answer, an object in version 2. */
const runAnswer = z.object({
  run: z.object({
    id: z.string().min(1),
    status: z.string(),
    action: z.union([z.string(), z.object({ identifier: z.string() }).transform(({ identifier }) => identifier)]),
    createdBy: z.string().nullish(),
    properties: z.record(z.string(), z.unknown()).nullish(),
  }),
})

const user = z.object({
  id: z.string().nullish(),
  email: z.string().nullish(),
  teams: z.array(z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])).nullish(),
})
type User = z.infer<typeof user>

/** Port takes at most 1 MiB; a log that long is no help to anybody. */
const maxLog = 100_000

/** Port (https://docs.port.io/api-reference/port-api/) as Fairway's portal. */
export function portPortal(options: PortOptions): Portal {
  const call = portCall(options)
  return {
    readRun: (id) => readRun(call, id),
    answer: (run, answer) => answerRun(call, run, answer),
    upsert: (entity) => upsert(call, entity),
  }
}

async function readRun(call: PortCall, id: string): Promise<PortalRun | undefined> {
  const answer = await call({
    method: 'GET',
    path: ['v1', 'actions', 'runs', id],
    query: [['version', 'v2']],
    answer: runAnswer,
    what: 'to read the run',
  })
  if (answer === undefined) return undefined
  const { run } = answer
  if (run.id !== id) throw new Terminal(`Port answered with another run than ${id}`)
  return {
    id,
    action: run.action,
    ...(await initiatorOf(call, run.createdBy ?? '')),
    inputs: run.properties ?? {},
    // Waiting for approval and declined are not open to be acted upon either; the webhook comes after an approval.
    finished: run.status !== 'IN_PROGRESS',
  }
}

/**
 * A run names who made it by e-mail address or by user id; the teams are what Port says of that user now. A machine,
 * or somebody who has left, is in no team.
 */
async function initiatorOf(call: PortCall, createdBy: string): Promise<Pick<PortalRun, 'initiator' | 'teams'>> {
  const found = createdBy.includes('@') ? await userByEmail(call, createdBy) : await userById(call, createdBy)
  return { initiator: found?.email ?? createdBy, teams: found?.teams ?? [] }
}

async function userByEmail(call: PortCall, email: string): Promise<User | undefined> {
  const answer = await call({
    method: 'GET',
    path: ['v1', 'users', email],
    answer: z.object({ user }),
    what: 'to read the user',
  })
  return answer?.user.email?.toLowerCase() === email.toLowerCase() ? answer.user : undefined
}

/** There is no look-up by id. */
async function userById(call: PortCall, id: string): Promise<User | undefined> {
  if (id === '') return undefined
  const answer = await call({
    method: 'GET',
    path: ['v1', 'users'],
    query: ['id', 'email', 'teams.name'].map((field) => ['fields', field] as const),
    answer: z.object({ users: z.array(user) }),
    what: 'to list the users',
  })
  return answer?.users.find((candidate) => candidate.id === id)
}

/**
 * Log, then status: the status ends the run, and an ended run takes nothing more. An answer that was lost is
 * therefore refused the second time; then the run itself says whether it was answered. A run that Port has
 * forgotten needs no answer.
 */
async function answerRun(call: PortCall, run: string, answer: PortalAnswer): Promise<void> {
  const path = ['v1', 'actions', 'runs', run]
  const message = answer.log.join('\n')
  try {
    if (message !== '') {
      const body = { message: message.length > maxLog ? `${message.slice(0, maxLog)}\n…` : message }
      await call({ method: 'POST', path: [...path, 'logs'], body, answer: ok, what: 'a line in the run’s log' })
    }
    const link = answer.link === undefined ? {} : { link: answer.link }
    const body = { status: answer.outcome, statusLabel: answer.label, ...link }
    await call({ method: 'PATCH', path, body, answer: ok, what: 'the run’s status' })
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    const now = await call({ method: 'GET', path, answer: runAnswer, what: 'to read the run' })
    if (now?.run.status === 'IN_PROGRESS') throw error
  }
}

/** The System of a workload may not be in the catalogue yet: what an entity refers to is made along with it. */
async function upsert(call: PortCall, entity: PortalEntity): Promise<void> {
  const { blueprint, identifier, title, properties, relations } = entity
  const fix = 'create the blueprints in examples/portal/port in Port, with these identifiers'
  const done = await call({
    method: 'POST',
    path: ['v1', 'blueprints', blueprint, 'entities'],
    query: ['upsert', 'merge', 'create_missing_related_entities'].map((flag) => [flag, 'true'] as const),
    body: { identifier, title, properties, relations },
    answer: ok,
    what: `the entity ${blueprint} ${identifier}`,
    fix,
  })
  if (done === undefined) throw new Terminal(`Port knows no blueprint ${blueprint}`, { fix })
}
