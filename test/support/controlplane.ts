import { execFile } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { WorkloadRecord } from '../../domain/records.ts'
import { pushImage } from '../../local/aws/index.ts'
import { startControlPlane, type ControlPlane, type ControlPlaneOptions, type Step } from '../../local/controlplane.ts'

const run = promisify(execFile)
const platform = new URL('../../examples/platform/', import.meta.url)

export interface World {
  readonly controlPlane: ControlPlane
  readonly directory: string
  readonly steps: Step[]
  stop(): Promise<void>
}

/** A control plane on a directory of its own, with the example platform declared; on the AWS at `endpoint`, if given. */
export async function startWorld(
  directory?: string,
  endpoint?: string,
  options: Pick<ControlPlaneOptions, 'withoutArgoCd' | 'onStep'> = {},
): Promise<World> {
  const path = directory ?? (await mkdtemp(join(tmpdir(), 'fairway-e2e-')))
  const steps: Step[] = []
  const controlPlane = await startControlPlane({
    directory: path,
    port: 0,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...options,
    onStep: (step) => {
      steps.push(step)
      options.onStep?.(step)
    },
  })
  const names = await readdir(platform)
  const files = await Promise.all(
    names.map(async (name) => ({ path: name, text: await readFile(new URL(name, platform), 'utf8') })),
  )
  await controlPlane.operate({ operation: 'apply', files })
  await controlPlane.settle()
  return {
    controlPlane,
    directory: path,
    steps,
    stop: async () => {
      await controlPlane.stop()
      if (directory === undefined) await rm(path, { recursive: true, force: true })
    },
  }
}

/** Makes a source's default branch hold exactly these files, and sends the signed push. Answers the webhook's status. */
export async function push(world: World, source: string, files: Readonly<Record<string, string>>): Promise<number> {
  const commit = await commitFiles(`${world.controlPlane.url}/sources/${source}.git`, files)
  const body = JSON.stringify({ repository: source, ref: 'refs/heads/main', before: '0'.repeat(40), after: commit })
  return send(world, `/webhooks/git/${source}`, body)
}

export async function send(world: World, path: string, body: string, secret?: string): Promise<number> {
  const sign = (key: string) => createHmac('sha256', key).update(body).digest('hex')
  const signature = secret === undefined ? world.controlPlane.sign(sign) : sign(secret)
  const headers = { 'x-fairway-signature-256': `sha256=${signature}`, 'x-fairway-delivery': randomUUID() }
  const answer = await fetch(`${world.controlPlane.url}${path}`, { method: 'POST', body, headers })
  await answer.body?.cancel()
  await world.controlPlane.settle()
  return answer.status
}

/** One commit on top of the default branch, with exactly these files; it becomes the ref. */
export async function commitFiles(
  url: string,
  files: Readonly<Record<string, string>>,
  ref = 'refs/heads/main',
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-push-'))
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_AUTHOR_NAME: 'dev',
    GIT_AUTHOR_EMAIL: 'dev@example.com',
    GIT_COMMITTER_NAME: 'dev',
    GIT_COMMITTER_EMAIL: 'dev@example.com',
  }
  const git = async (...args: string[]) => (await run('git', args, { cwd: directory, env })).stdout.trim()
  try {
    await git('init', '--quiet', '--initial-branch=main')
    await git('fetch', '--quiet', url, 'main').then(
      () => git('reset', '--quiet', '--soft', 'FETCH_HEAD'),
      () => undefined,
    )
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true })
      await writeFile(join(directory, path), text)
    }
    await git('add', '--all')
    await git('commit', '--quiet', '--allow-empty', '--message', 'change')
    const pushed = ref === 'refs/heads/main' ? `HEAD:${ref}` : `+HEAD:${ref}`
    await git('push', '--quiet', url, pushed)
    return await git('rev-parse', 'HEAD')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Pushes an image as CI would, and lets ECR's event do its work. */
export async function image(world: World, workload: string, tag = 'main-1'): Promise<string> {
  const { account, region } = world.controlPlane.installation
  const event = await pushImage(world.controlPlane.aws, {
    account,
    region,
    repository: workload,
    tag,
    content: `${workload} ${tag}`,
  })
  world.controlPlane.bus.put(event)
  await world.controlPlane.settle()
  return event.detail['image-digest']
}

export async function reconcile(world: World, workload: string): Promise<void> {
  await world.controlPlane.operate({ operation: 'reconcile', workload })
  await world.controlPlane.settle()
}

export async function workload(world: World, name: string): Promise<WorkloadRecord> {
  const record = await world.controlPlane.store.get({ kind: 'Workload', name })
  if (record === undefined) throw new Error(`no workload ${name}`)
  return record
}

/** Path to text, of a cluster repository's branch. */
export async function branch(world: World, repository: string): Promise<ReadonlyMap<string, string>> {
  const directory = join(world.directory, 'repos', `${repository}.git`)
  const git = async (...args: string[]) =>
    (await run('git', ['--git-dir', directory, ...args], { maxBuffer: 1 << 26 })).stdout
  const paths = (await git('ls-tree', '-r', '--name-only', 'main')).split('\n').filter(Boolean)
  return new Map(await Promise.all(paths.map(async (path) => [path, await git('show', `main:${path}`)] as const)))
}

/** Messages of the commits on a cluster repository's branch, newest first. */
export async function commits(world: World, repository: string): Promise<readonly string[]> {
  const directory = join(world.directory, 'repos', `${repository}.git`)
  const { stdout } = await run('git', ['--git-dir', directory, 'log', '--format=%B%x00', 'main'])
  return stdout
    .split('\0')
    .map((message) => message.trim())
    .filter(Boolean)
}

export async function head(world: World, repository: string): Promise<string> {
  const directory = join(world.directory, 'repos', `${repository}.git`)
  return (await run('git', ['--git-dir', directory, 'rev-parse', 'main'])).stdout.trim()
}

/** A manifest with little to say, for tests that are about something else. */
export function manifest(name: string, lines: readonly string[] = [], system = 'claims'): string {
  return [
    'apiVersion: fairway.dev/v1alpha1',
    'kind: Workload',
    `metadata: { name: ${name}, system: ${system} }`,
    'spec:',
    '  type: worker',
    '  containers: { main: { image: . } }',
    '  environments: { dev: {} }',
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n')
}
