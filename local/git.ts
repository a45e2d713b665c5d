import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Terminal } from '../domain/errors.ts'
import { safeJoin } from '../domain/paths.ts'

const run = promisify(execFile)

export interface GitOperation {
  readonly service: 'upload-pack' | 'receive-pack'
  /** `refs` lists the branches, `exchange` fetches or pushes. */
  readonly phase: 'refs' | 'exchange'
  /** Relative to the root, with `.git`. */
  readonly repository: string
  readonly authorization: string | undefined
}

/** What a test makes of a request: an answer without git, or none although git did its work. */
export type GitFault =
  | { readonly fault: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly fault: 'drop-answer' }

export interface GitHandlerOptions {
  /** Every bare repository below is served, for reading and for writing. */
  readonly root: string
  /** Called before git is; may count, change the repository (a race), or order a fault. */
  readonly intercept?: (operation: GitOperation) => Promise<GitFault | undefined> | GitFault | undefined
}

export interface GitHandler {
  /** `path` below the mount, with the query; the request's own URL when absent. */
  handle(request: IncomingMessage, response: ServerResponse, path?: string): Promise<void>
  /** Ends the git processes that still run. */
  close(): Promise<void>
}

export interface GitServer {
  /** Without a slash at the end. */
  readonly url: string
  close(): Promise<void>
}

/** Bare repositories over smart HTTP, through the `git http-backend` that git brings: https://git-scm.com/docs/git-http-backend */
export function gitHandler(options: GitHandlerOptions): GitHandler {
  const children = new Set<ChildProcessWithoutNullStreams>()
  const execPath = run('git', ['--exec-path']).then(({ stdout }) => stdout.trim())
  execPath.catch(() => undefined)
  return {
    async handle(request, response, path = request.url ?? '/') {
      const operation = parseOperation(request, path)
      if (operation === undefined) return answer(request, response, 404)
      const fault = await options.intercept?.(operation)
      if (fault?.fault === 'status') return answer(request, response, fault.status, fault.headers)
      const child = spawn(join(await execPath, 'git-http-backend'), {
        env: environment(options.root, request, operation),
      })
      children.add(child)
      const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
      void ended.then(() => children.delete(child))
      await exchange(child, ended, request, response, fault?.fault === 'drop-answer')
    },
    async close() {
      await Promise.all([...children].map((child) => new Promise((resolve) => child.once('close', resolve).kill())))
    },
  }
}

/** A server of its own, on a free port of this machine's loopback. */
export async function startGitServer(options: GitHandlerOptions & { readonly port?: number }): Promise<GitServer> {
  const handler = gitHandler(options)
  const server = createServer((request, response) => {
    handler.handle(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, handler.close()])
    },
  }
}

/** `<directory>/<name>.git` with HEAD on `main`; an existing one stays as it is. Returns its path. */
export async function createBareRepository(directory: string, name: string): Promise<string> {
  const path = join(directory, `${safeJoin(name)}.git`)
  await mkdir(path, { recursive: true })
  const git = (...args: string[]) =>
    run('git', args, { cwd: path, env: isolated }).catch((error: unknown) => {
      throw new Terminal(`git could not make the repository ${name}`, {
        cause: error,
        fix: 'install git, and put it on PATH',
      })
    })
  await git('init', '--quiet', '--bare', '--initial-branch=main', '.')
  await git('config', 'http.receivepack', 'true')
  await git('config', 'uploadpack.allowFilter', 'true')
  await git('config', 'receive.fsckObjects', 'true')
  // Housekeeping in the background would still write when the directory is taken away.
  await git('config', 'gc.autoDetach', 'false')
  return path
}

/** Nobody's own git configuration decides what the local control plane does. */
const isolated = {
  PATH: process.env['PATH'],
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: devNull,
}

/** No segment begins with a dot, so that nothing leads out of the root, and nothing into a repository's own files. */
const route =
  /^\/((?:[A-Za-z0-9_][A-Za-z0-9._-]*\/)*[A-Za-z0-9_][A-Za-z0-9._-]*\.git)\/(info\/refs|git-upload-pack|git-receive-pack)$/

function parseOperation(request: IncomingMessage, path: string): GitOperation | undefined {
  const [pathname = '', query = ''] = path.split('?')
  const [, repository, action] = route.exec(pathname) ?? []
  if (repository === undefined || action === undefined) return undefined
  const phase = action === 'info/refs' ? 'refs' : 'exchange'
  if (request.method !== (phase === 'refs' ? 'GET' : 'POST')) return undefined
  const service = phase === 'refs' ? new URLSearchParams(query).get('service') : action
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') return undefined
  return {
    service: service === 'git-upload-pack' ? 'upload-pack' : 'receive-pack',
    phase,
    repository,
    authorization: request.headers.authorization,
  }
}

/** RFC 3875. git-http-backend unpacks gzip bodies itself, and reads to the end where there is no length. */
function environment(root: string, request: IncomingMessage, operation: GitOperation): NodeJS.ProcessEnv {
  const header = (name: string) => String(request.headers[name] ?? '')
  const action = operation.phase === 'refs' ? 'info/refs' : `git-${operation.service}`
  return {
    ...isolated,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_PROTOCOL: header('git-protocol'),
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    PATH_INFO: `/${operation.repository}/${action}`,
    QUERY_STRING: operation.phase === 'refs' ? `service=git-${operation.service}` : '',
    REQUEST_METHOD: request.method,
    CONTENT_TYPE: header('content-type'),
    CONTENT_LENGTH: header('content-length'),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    REMOTE_USER: 'fairway',
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
  }
}

async function exchange(
  child: ChildProcessWithoutNullStreams,
  ended: Promise<void>,
  request: IncomingMessage,
  response: ServerResponse,
  dropAnswer: boolean,
): Promise<void> {
  child.on('error', () => response.destroy())
  // git may answer before it has read everything: what it does not want to hear is no error.
  child.stdin.on('error', () => undefined)
  child.stderr.resume()
  request.pipe(child.stdin)
  // A client that goes away must not leave a process that waits for the rest.
  response.once('close', () => child.stdin.destroy())
  if (dropAnswer) {
    child.stdout.resume()
    await ended
    response.destroy()
    return
  }
  await relay(child, response)
}

/** CGI's head, then its body. */
async function relay(child: ChildProcessWithoutNullStreams, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0)
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, chunk as Buffer])
    if (head.includes('\r\n\r\n')) break
  }
  const end = head.indexOf('\r\n\r\n')
  if (end < 0) {
    response.writeHead(500).end()
    return
  }
  const headers = head.toString('latin1', 0, end).split('\r\n').map(parseHeader)
  const status = headers.find(([name]) => name.toLowerCase() === 'status')?.[1]
  response.writeHead(
    status === undefined ? 200 : Number.parseInt(status, 10),
    Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== 'status')),
  )
  response.write(head.subarray(end + 4))
  child.stdout.pipe(response)
  await finished(response).catch(() => undefined)
}

function parseHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

/** Reads the rest of the request, so that the connection stays usable. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  request.resume()
  response.writeHead(status, { 'content-length': '0', ...headers }).end()
}
