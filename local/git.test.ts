import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Terminal } from '../domain/errors.ts'
import { git, gitText, nativeCommit } from '../test/contract/gitnative.ts'
import {
  createBareRepository,
  type GitFault,
  gitHandler,
  type GitOperation,
  type GitServer,
  startGitServer,
} from './git.ts'

let directory: string
let server: GitServer
let operations: GitOperation[]
let fault: ((operation: GitOperation) => GitFault | undefined) | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-local-git-'))
  operations = []
  fault = undefined
  const root = join(directory, 'root')
  server = await startGitServer({
    root,
    intercept(operation) {
      operations.push(operation)
      return fault?.(operation)
    },
  })
})
afterEach(async () => {
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

const create = (name: string) => createBareRepository(join(directory, 'root', 'repos'), name)
const urlOf = (name: string) => `${server.url}/repos/${name}.git`

it('a new repository has HEAD on main, and making it again changes nothing', async () => {
  const path = await create('dev')
  expect(await gitText(path, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')
  const commit = await nativeCommit(path, 'main', { 'a.yaml': '1' }, 'first')
  expect(await create('dev')).toBe(path)
  expect(await gitText(path, 'rev-parse', 'main')).toBe(commit)
})

it.each(['../escape', '/etc', 'a/../../b', '.git'])('%s is no name for a repository', async (name) => {
  await expect(create(name)).rejects.toBeInstanceOf(Terminal)
})

it('native git clones, pushes and fetches; a large push arrives whole', async () => {
  await create('dev')
  const clone = join(directory, 'clone')
  await git(directory, ['clone', '--quiet', urlOf('dev'), clone])
  await git(clone, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
  const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * index * 7919) % 251))
  await writeFile(join(clone, 'large.bin'), content)
  await git(clone, ['add', '.'])
  await git(clone, ['commit', '--quiet', '-m', 'large'])
  await git(clone, ['push', '--quiet', 'origin', 'main'])
  const again = join(directory, 'again')
  await git(directory, ['clone', '--quiet', '-c', 'protocol.version=2', urlOf('dev'), again])
  expect((await readFile(join(again, 'large.bin'))).equals(content)).toBe(true)
})

it('a request body in gzip is understood', async () => {
  const path = await create('dev')
  const commit = await nativeCommit(path, 'main', { 'a.yaml': '1' }, 'first')
  const want = `want ${commit} side-band-64k\n`
  const body = `${(want.length + 4).toString(16).padStart(4, '0')}${want}00000009done\n`
  const response = await fetch(`${urlOf('dev')}/git-upload-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-upload-pack-request', 'content-encoding': 'gzip' },
    body: gzipSync(body),
  })
  expect(Buffer.from(await response.arrayBuffer()).includes('PACK')).toBe(true)
})

it.each([
  '/repos/dev.git/HEAD',
  '/repos/dev.git/config',
  '/repos/dev.git/objects/info/packs',
  '/repos/dev.git/info/refs',
  '/repos/dev.git/info/refs?service=git-upload-archive',
  '/repos/../../outside.git/info/refs?service=git-upload-pack',
  '/repos/%2e%2e/%2e%2e/outside.git/info/refs?service=git-upload-pack',
  '/repos/..%2f..%2foutside.git/info/refs?service=git-upload-pack',
  '//etc/x.git/info/refs?service=git-upload-pack',
  '/repos/missing.git/info/refs?service=git-upload-pack',
  '/repos/dev.git/git-upload-pack',
  '/',
])('nothing but git’s own requests below the root is answered: %s', async (path) => {
  await create('dev')
  await createBareRepository(directory, 'outside')
  expect((await rawGet(path)).status).toBe(404)
})

it('below a mount, the path is what follows it', async () => {
  const path = await create('dev')
  await nativeCommit(path, 'main', { 'a.yaml': '1' }, 'first')
  const handler = gitHandler({ root: join(directory, 'root') })
  const mounted = createServer((request, response) => {
    void handler.handle(request, response, request.url?.slice('/git'.length))
  })
  await new Promise<void>((resolve) => mounted.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(mounted.address() as AddressInfo).port}/git/repos/dev.git`
  expect(await gitText(directory, 'ls-remote', url, 'main')).toContain('refs/heads/main')
  mounted.closeAllConnections()
  await Promise.all([handler.close(), new Promise((resolve) => mounted.close(resolve))])
})

it('a status on order replaces git, with its headers', async () => {
  await create('dev')
  fault = () => ({ fault: 'status', status: 429, headers: { 'retry-after': '7' } })
  const response = await fetch(`${urlOf('dev')}/info/refs?service=git-upload-pack`)
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
})

it('a dropped answer is dropped after the push was applied', async () => {
  const path = await create('dev')
  const clone = join(directory, 'clone')
  await git(directory, ['clone', '--quiet', urlOf('dev'), clone])
  await git(clone, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
  await git(clone, ['commit', '--quiet', '--allow-empty', '-m', 'first'])
  fault = ({ service, phase }) =>
    service === 'receive-pack' && phase === 'exchange' ? { fault: 'drop-answer' } : undefined
  await expect(git(clone, ['push', '--quiet', 'origin', 'main'])).rejects.toThrow(/git push/)
  expect(await gitText(path, 'rev-parse', 'main')).toBe(await gitText(clone, 'rev-parse', 'HEAD'))
})

it('operations name service, phase, repository and the authorization that came', async () => {
  await create('dev')
  await fetch(`${urlOf('dev')}/info/refs?service=git-receive-pack`, { headers: { authorization: 'Basic eDp5' } })
  expect(operations).toEqual([
    { service: 'receive-pack', phase: 'refs', repository: 'repos/dev.git', authorization: 'Basic eDp5' },
  ])
})

it('the user’s own git configuration and environment do not matter', async () => {
  const home = join(directory, 'home')
  await mkdir(home)
  await writeFile(join(home, '.gitconfig'), '[init]\n\tdefaultBranch = other\n[http]\n\treceivepack = false\n')
  const script = `import { createBareRepository } from ${JSON.stringify(join(import.meta.dirname, 'git.ts'))}
    await createBareRepository(${JSON.stringify(join(directory, 'root', 'repos'))}, 'mine')`
  await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', script], {
    env: { PATH: process.env['PATH'], HOME: home },
  })
  expect(await gitText(join(directory, 'root', 'repos', 'mine.git'), 'symbolic-ref', 'HEAD')).toBe('refs/heads/main')
})

it('closing ends what still runs', async () => {
  await create('dev')
  const stuck = fetch(`${urlOf('dev')}/git-receive-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-receive-pack-request' },
    duplex: 'half',
    body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('00')) }),
  }).catch((error: unknown) => error)
  while (operations.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await server.close()
  expect(await stuck).toBeInstanceOf(Error)
  server = await startGitServer({ root: directory })
})

/** Without the client's own tidying of `..`. */
async function rawGet(path: string): Promise<{ status: number }> {
  const { request } = await import('node:http')
  const { port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0 })
    })
      .on('error', reject)
      .end()
  })
}
