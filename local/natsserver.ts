import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { configText } from './natskeys.ts'
import type { ServerConfig } from './natskeys.ts'

export interface RunningServer {
  readonly url: string
  stop(): Promise<void>
}

/** In order: `NATS_SERVER_BIN`, `.servers/nats-server` under `root`, `nats-server` on PATH. */
export async function findNatsServer(
  environment: Readonly<Record<string, string | undefined>>,
  root: string,
): Promise<string | undefined> {
  const named = environment['NATS_SERVER_BIN']
  if (named !== undefined && named !== '') return named
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '')
  const candidates = [join(root, '.servers'), ...directories].map((directory) => join(directory, 'nats-server'))
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate
  return undefined
}

/** Resolves when it takes connections. A server of the same name that an earlier process left behind is ended first. */
export async function launchServer(binary: string, config: ServerConfig): Promise<RunningServer> {
  const { directory, port, name } = config
  await mkdir(directory, { recursive: true })
  await endLeftover(config)
  await writeFile(join(directory, 'nats.conf'), configText(config), { mode: 0o600 })
  const child = spawn(binary, ['-c', join(directory, 'nats.conf')], { stdio: 'ignore' })
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? code}`))
  })
  const killed = () => void child.kill('SIGKILL')
  process.once('exit', killed)
  const stop = async () => {
    process.removeListener('exit', killed)
    await end(child, ended)
  }
  const failure = await Promise.race([ended, ready(port, name)])
  if (failure === undefined) return { url: `nats://127.0.0.1:${port}`, stop }
  await stop()
  throw new Error(`nats-server did not start (${failure}); see ${join(directory, 'nats.log')}`)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Undefined when the server of that name answers on that port; else what went wrong. */
async function ready(port: number, name: string): Promise<string | undefined> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await nameOn(port)) === name) return undefined
    await sleep(50)
  }
  return `nothing answers on port ${port}`
}

/** The server's name out of the INFO line that it greets with. */
async function nameOn(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let text = ''
    const done = () => {
      socket.destroy()
      resolve(/"server_name":"([^"]*)"/.exec(text)?.[1])
    }
    socket.setTimeout(1000, done)
    socket.once('error', done)
    socket.once('close', done)
    socket.on('data', (data) => {
      text += data.toString('utf8')
      if (text.includes('\r\n')) done()
    })
  })
}

/** Only a server that answers by our own name is ended: its process id alone may be another's by now. */
async function endLeftover({ directory, port, name }: ServerConfig): Promise<void> {
  if ((await nameOn(port)) !== name) return
  const pid = Number(await readFile(join(directory, 'nats.pid'), 'utf8'))
  process.kill(pid, 'SIGTERM')
  for (let attempt = 0; attempt < 100 && (await nameOn(port)) !== undefined; attempt++) await sleep(50)
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const forced = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(forced)
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
