import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import type { Operated, Operation } from '../../flow/operate.ts'
import { startControlPlane } from '../../local/controlplane.ts'

/**
 * Carries out an operation on a local control plane: the one that runs on the directory, or one that is started for
 * this operation and ends when everything it set off is done.
 */
export async function operateOn(directory: string, request: Operation): Promise<Operated> {
  const running = await readFile(join(directory, 'local.json'), 'utf8').then(
    (text) => JSON.parse(text) as { pid: number; operations: string },
    () => undefined,
  )
  if (running !== undefined && isRunning(running.pid)) return remotely(directory, running.operations, request)
  await access(directory).catch(() => {
    throw new Terminal(`there is no directory ${directory}`, { fix: `start with \`fairway local --dir ${directory}\`` })
  })
  const controlPlane = await startControlPlane({ directory, port: 0 })
  try {
    const result = await controlPlane.operate(request)
    await controlPlane.settle()
    return result
  } finally {
    await controlPlane.stop()
  }
}

async function remotely(directory: string, url: string, request: Operation): Promise<Operated> {
  const token = await readFile(join(directory, 'operations.token'), 'utf8')
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  const body = (await answer.json()) as Operated & { type?: string; fix?: string }
  if (answer.ok) return body
  const details = body.fix === undefined ? {} : { fix: body.fix }
  throw body.type === 'RetryLater' ? new RetryLater(body.message) : new Terminal(body.message, details)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
