import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, systemRandom } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import type { Asked, Operated } from '../../flow/operations/model.ts'
import { readAnswer } from '../../lambdas/operate/answers.ts'
import { startControlPlane } from '../../local/controlplane.ts'
import { openSession } from '../aws/credentials.ts'
import { endpointUrl, findEndpoint, placeOf } from '../aws/endpoint.ts'
import { send } from '../aws/send.ts'
import { Unreachable } from './exit.ts'
import { whereTo, type TargetOptions, type Where } from './where.ts'

/** A control plane that carries out operations. */
export interface Target {
  operate(request: Asked): Promise<Operated>
  /** Milliseconds between looks at what is under way. */
  readonly pause: number
}

/** For as long as `use` takes: a local control plane that does not run is started, and ends when all is done. */
export async function withTarget<Result>(
  options: TargetOptions,
  use: (target: Target) => Promise<Result>,
): Promise<Result> {
  const where = whereTo(options, process.env)
  return where.kind === 'local' ? locally(where.directory, use) : use(await onAws(where))
}

async function onAws(where: Exclude<Where, { kind: 'local' }>): Promise<Target> {
  const url = where.kind === 'url' ? endpointUrl(where.url) : undefined
  const region = where.region ?? (url && placeOf(url)?.region)
  const session = await openSession({ ...where, ...(region === undefined ? {} : { region }) })
  const base = url ?? (await findEndpoint((where as { readonly installation: string }).installation, session))
  const note = (line: string) => console.error(`fairway: ${line}`)
  const sending = { session, base, clock: systemClock, random: systemRandom, note }
  return { operate: (request) => send(sending, request), pause: 3000 }
}

const localPause = 250

async function locally<Result>(directory: string, use: (target: Target) => Promise<Result>): Promise<Result> {
  const running = await readFile(join(directory, 'local.json'), 'utf8').then(
    (text) => JSON.parse(text) as { pid: number; operations: string },
    () => undefined,
  )
  if (running !== undefined && isRunning(running.pid)) {
    return use({ operate: (request) => post(directory, running.operations, request), pause: localPause })
  }
  await access(directory).catch(() => {
    throw new Terminal(`there is no directory ${directory}`, { fix: `start with \`fairway local --dir ${directory}\`` })
  })
  const controlPlane = await startControlPlane({ directory, port: 0 })
  try {
    const result = await use({ operate: (request) => controlPlane.operate(request), pause: localPause })
    await controlPlane.settle()
    return result
  } finally {
    await controlPlane.stop()
  }
}

async function post(directory: string, operations: string, request: Asked): Promise<Operated> {
  const token = await readFile(join(directory, 'operations.token'), 'utf8')
  const answer = await fetch(`${operations}/${request.operation}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  }).catch((cause: unknown) => {
    throw new Unreachable(`${operations} does not answer`, { cause, fix: 'look whether `fairway local` still runs' })
  })
  const result = readAnswer(await answer.text())
  if (result === undefined) throw new Unreachable(`${operations} answered ${answer.status}`)
  return result
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
