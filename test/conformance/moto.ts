import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { findProgram } from '../servers/program.ts'

/** A moto server of our own: https://docs.getmoto.org/en/latest/docs/server_mode.html */
export interface Moto {
  readonly endpoint: string
  /** Forgets everything. */
  reset(): Promise<void>
  stop(): Promise<void>
}

/** `MOTO_SERVER_BIN`, `moto_server` on PATH, or the repository's own `.venv`; undefined when there is none. */
export function findMoto(): string | undefined {
  return findProgram('MOTO_SERVER_BIN', 'moto_server')
}

export async function startMoto(binary: string): Promise<Moto> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = spawn(binary, ['--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' })
  // Tests that are cut off leave no server behind.
  process.once('exit', () => server.kill('SIGKILL'))
  try {
    await untilAnswering(server, `${endpoint}/moto-api/data.json`)
  } catch (error) {
    await stop(server)
    throw error
  }
  return {
    endpoint,
    reset: async () => {
      const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' })
      if (!answer.ok) throw new Error(`moto could not be reset: ${answer.status}`)
    },
    stop: () => stop(server),
  }
}

/** Two minutes: a cold Python on a busy machine. */
async function untilAnswering(server: ChildProcess, url: string): Promise<void> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
    if (server.exitCode !== null) throw new Error(`moto_server ended with code ${server.exitCode}`)
    const answered = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('moto_server did not answer within two minutes')
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGTERM')
  await ended
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
