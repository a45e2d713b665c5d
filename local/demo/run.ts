import { createHmac, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bold, dim, green, red } from 'yoctocolors'
import { Terminal } from '../../domain/errors.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import { pushImage } from '../aws/index.ts'
import { startControlPlane, type ControlPlane } from '../controlplane.ts'
import { writeWhole } from '../directory.ts'
import { breakByHand } from './drift.ts'
import { progressPrinter } from './progress.ts'
import { clusterRepositories, makeReport, takeSnapshot, type DemoReport } from './report.ts'
import { pushDirectory, readRepository } from './source.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

/** A person's form; the inputs are those of the shipped action. */
const form = {
  name: 'quotes',
  system: 'policy-admin',
  type: 'service',
  environments: ['dev', 'prod'],
  port: 8080,
  healthPath: '/health',
  track: 'main-*',
  natsPublish: ['quotes.created'],
  natsSubscribe: ['policies.>'],
}
const formWorkload = 'policy-admin/quotes'
const pushWorkload = 'policy-admin/policies'
const workloads = [formWorkload, pushWorkload]
const source = 'policy-admin-services'

/** The whole way, twice if run twice: platform, form, push, images, and what came of it. */
export async function runDemo(options: {
  readonly directory?: string
  /** At the end something is broken by hand. */
  readonly drift?: boolean
  readonly print: (line: string) => void
}): Promise<DemoReport> {
  const { print } = options
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'fairway-demo-')))
  const started = Date.now()
  const controlPlane = await startControlPlane({ directory, port: 0, onStep: progressPrinter(print) })
  try {
    print(bold(`Fairway, on this machine: ${controlPlane.url}`))
    print(dim(controlPlane.nats.description))
    const before = await takeSnapshot(controlPlane, workloads)
    controlPlane.resetCounts()
    await foundRepositories(controlPlane)
    await declarePlatform(controlPlane, print)
    await sendForm(controlPlane, print)
    await sendPush(controlPlane, print)
    await controlPlane.settle()
    await pushImages(controlPlane, print)
    await controlPlane.settle()
    const found = await makeReport(controlPlane, workloads, before, (Date.now() - started) / 1000)
    await summarise(controlPlane, found, print)
    const broken = { workload: formWorkload, cluster: 'dev', print }
    const report = options.drift ? { ...found, drift: await breakByHand(controlPlane, broken) } : found
    await writeWhole(join(controlPlane.directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
    await controlPlane.settle()
    return report
  } finally {
    await controlPlane.stop()
  }
}

/** The teams' repositories are there before Fairway is, with nothing declared. */
async function foundRepositories(controlPlane: ControlPlane): Promise<void> {
  for (const name of await readdir(join(examples, 'sources'))) {
    await pushDirectory(join(examples, 'sources', name), `${controlPlane.url}/sources/${name}.git`, 'first')
  }
}

async function declarePlatform(controlPlane: ControlPlane, print: (line: string) => void): Promise<void> {
  const directory = join(examples, 'platform')
  const names = (await readdir(directory)).filter((name) => name.endsWith('.yaml')).toSorted()
  const files = await Promise.all(
    names.map(async (name) => ({ path: `platform/${name}`, text: await readFile(join(directory, name), 'utf8') })),
  )
  const applied = await controlPlane.operate({ operation: 'apply', files })
  if (applied.result === 'refused')
    throw new Terminal(`examples/platform was refused: ${JSON.stringify(applied.problems)}`)
  print(`\n${bold('platform')}  fairway apply examples/platform: ${applied.message}`)
  await controlPlane.settle()
}

/** The first time somebody runs the action; afterwards Port delivers the same run again. */
async function sendForm(controlPlane: ControlPlane, print: (line: string) => void): Promise<void> {
  const file = join(controlPlane.directory, 'demo.json')
  const run = await readFile(file, 'utf8').then(
    (text) => (JSON.parse(text) as { run: string }).run,
    () => undefined,
  )
  const delivered =
    run === undefined
      ? await controlPlane.portal.execute('fairway_declare_workload', form, 'ada@example.com')
      : await controlPlane.portal.redeliver(run)
  if (run === undefined) await writeWhole(file, JSON.stringify({ run: delivered.run }))
  print(
    `\n${bold('form')}      ada declares ${formWorkload}: run ${delivered.run}, webhook answered ${delivered.webhook}`,
  )
}

async function sendPush(controlPlane: ControlPlane, print: (line: string) => void): Promise<void> {
  const record = await controlPlane.store.get({ kind: 'Source', name: source })
  const spec = record?.spec as Extract<SourceSpec, { type: 'github' }>
  const commit = await pushDirectory(
    join(examples, 'sources', source),
    `${controlPlane.url}/sources/${source}.git`,
    'all',
  )
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    before: '0'.repeat(40),
    after: commit,
    repository: { id: spec.repositoryId, default_branch: 'main' },
    installation: { id: spec.installationId },
  })
  const signature = controlPlane.sign((secret) => createHmac('sha256', secret).update(body).digest('hex'))
  const answer = await fetch(`${controlPlane.url}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${signature}`,
    },
  })
  await answer.body?.cancel()
  print(`${bold('push')}      ${source} at ${commit.slice(0, 10)}: webhook answered ${answer.status}`)
}

/** As CI does after a build; ECR tells EventBridge. */
async function pushImages(controlPlane: ControlPlane, print: (line: string) => void): Promise<void> {
  const { account, region } = controlPlane.installation
  for (const repository of workloads) {
    const event = await pushImage(controlPlane.aws, {
      account,
      region,
      repository,
      tag: 'main-1',
      content: `${repository} 1`,
    })
    controlPlane.bus.put(event)
    print(`\n${bold('image')}     ${repository}:main-1 is ${event.detail['image-digest'].slice(0, 19)}`)
  }
}

async function summarise(controlPlane: ControlPlane, report: DemoReport, print: (line: string) => void): Promise<void> {
  for (const name of await clusterRepositories(controlPlane)) {
    const { files, commits } = await readRepository(join(controlPlane.directory, 'repos', `${name}.git`))
    print(`\n${bold(name)}  ${dim(`${join(controlPlane.directory, 'repos', `${name}.git`)}, branch main`)}`)
    for (const { id, subject } of commits) print(`  ${id.slice(0, 10)}  ${subject}`)
    for (const file of files) print(dim(`    ${file}`))
  }
  print(`\n${bold('remote calls')}`)
  for (const [service, { reads, writes }] of Object.entries(report.remote)) {
    if (reads + writes > 0)
      print(`  ${service.padEnd(16)} ${String(reads).padStart(4)} reads ${String(writes).padStart(4)} writes`)
  }
  print('')
  for (const [name, workload] of Object.entries(report.workloads)) {
    const phase = workload.phase === 'Ready' ? green(workload.phase) : red(workload.phase)
    print(
      `${name.padEnd(24)} ${phase}  generation ${workload.generation}  ${workload.changed ? 'changed' : 'unchanged'}`,
    )
  }
  print(
    dim(
      `\n${report.writes} remote writes, ${report.seconds.toFixed(1)} s; everything is under ${controlPlane.directory}`,
    ),
  )
}
