import type { Change } from '../../../domain/handover.ts'
import { memoryFile, type MemoryFile } from '../../../git/memoryhost.ts'
import { applied } from '../../../flow/operate.ts'
import { admit } from '../../../flow/source/admit.ts'
import type { Held } from '../../../flow/lease.ts'
import type { Outcome } from '../../../flow/outcome.ts'
import { parseTrees } from '../../../flow/write/trees.ts'
import { storeValidation } from '../../../lambdas/runtime/validation.ts'
import { pushImage } from '../../../local/aws/index.ts'
import { home, platformFiles, workloadManifest } from './shape.ts'
import type { BenchWorld } from './world.ts'

/** What a run has done up to its commit. */
interface Run {
  readonly name: string
  readonly held: Held
  readonly outcomes: readonly Outcome[]
  readonly changes: readonly Change[]
}

type Files = Map<string, Record<string, MemoryFile>>

/**
 * Makes the fleet as its reconciles would have made it, by the same handlers: capabilities, commit and report. Only what
 * the writer of cluster repositories does is done here, for all of them at once: one commit for each repository.
 */
export async function buildFleet(world: BenchWorld, progress: (text: string) => void): Promise<void> {
  await declareAll(world)
  const systems = await runsOf(world, 'System', world.shape.systems, progress)
  await finish(world, 'System', systems)
  const workloads = (await world.core.store.list('Workload')).map(({ name }) => name)
  await finish(world, 'Workload', await runsOf(world, 'Workload', workloads, progress))
  // Longer than pages may lag behind what was done.
  world.clock.advance(60 * 60_000)
}

async function declareAll({ shape, core: { store } }: BenchWorld): Promise<void> {
  const validate = storeValidation(store)
  const declare = async (files: readonly { readonly path: string; readonly text: string }[], source: string) => {
    const { resources, problems } = await validate(files, source)
    if (problems[0]) throw new Error(`the bench declares what is refused: ${JSON.stringify(problems[0])}`)
    await admit(store, source, '0'.repeat(40), resources)
  }
  const platform = platformFiles(shape)
  // Each is checked against what is there already: Sources and Clusters, then Systems.
  await declare(platform.slice(0, 1 + shape.clusters.length), applied)
  await declare(platform.slice(1 + shape.clusters.length), applied)
  for (let start = 0; start < shape.workloads; start += 500) {
    const count = Math.min(500, shape.workloads - start)
    const texts = Array.from({ length: count }, (_, index) => workloadManifest(shape, start + index))
    await declare([{ path: `.fairway/${start}.yaml`, text: texts.join('---\n') }], 'fleet')
  }
}

async function runsOf(
  world: BenchWorld,
  kind: 'System' | 'Workload',
  names: readonly string[],
  progress: (text: string) => void,
): Promise<readonly Run[]> {
  const files: Files = new Map()
  const runs: Run[] = []
  for (const name of names) {
    const run = kind === 'System' ? await runSystem(world, name) : await runWorkload(world, name)
    take(world, run.changes, files)
    runs.push(run)
    if (runs.length % 1000 === 0) progress(`${runs.length} of ${names.length} ${kind.toLowerCase()}s`)
  }
  for (const [url, changed] of files) {
    world.host.repository(url).write('main', changed, `${names.length} ${kind}s`)
  }
  return runs
}

async function runSystem(world: BenchWorld, name: string): Promise<Run> {
  const held = await acquire(world, 'System', name)
  const common = { system: name, fence: held.fence }
  const outcomes: Outcome[] = []
  for (const { cluster } of held.placements) {
    outcomes.push(await world.call('TenancyFunction', { ...common, cluster }))
  }
  return { name, held, outcomes, changes: await commits(world, 'system', held, outcomes, common) }
}

async function runWorkload(world: BenchWorld, name: string): Promise<Run> {
  const held = await acquire(world, 'Workload', name)
  const common = { workload: name, fence: held.fence }
  await world.call('EcrFunction', common)
  await pushImage(world.aws, { ...home, repository: name, tag: 'main-1', content: name })
  const outcomes: Outcome[] = [await world.call('EcrFunction', common)]
  for (const { cluster } of held.placements) {
    for (const capability of ['Iam', 'Nats', 'Secrets']) {
      outcomes.push(await world.call(`${capability}Function`, { ...common, cluster }))
    }
  }
  return { name, held, outcomes, changes: await commits(world, 'commit', held, outcomes, common) }
}

async function acquire(world: BenchWorld, kind: 'System' | 'Workload', name: string): Promise<Held> {
  const request = { operation: 'acquire', machine: 'reconcile', kind, name, holder: `build ${name}` }
  const held = await world.call<Held>('LeaseFunction', request)
  if (held.work !== 'reconcile') throw new Error(`${name} is not to be reconciled: ${JSON.stringify(held)}`)
  return held
}

async function commits(
  world: BenchWorld,
  operation: string,
  held: Held,
  outcomes: readonly Outcome[],
  common: object,
): Promise<readonly Change[]> {
  const failed = outcomes.find(({ ok }) => !ok)
  if (failed) throw new Error(`the bench cannot build its fleet: ${JSON.stringify(failed)}`)
  const changes: Change[] = []
  for (const part of held.repositories) {
    const payload = { operation, ...common, reason: 'bench', execution: 'build', part, outcomes }
    const prepared = await world.call<{ ready: boolean; change?: Change }>('CommitFunction', payload)
    if (prepared.change === undefined) throw new Error(`nothing to commit: ${JSON.stringify(prepared)}`)
    changes.push(prepared.change)
  }
  return changes
}

/** In place of the writer: all files of a repository, for one commit. */
function take({ contents }: BenchWorld, changes: readonly Change[], files: Files): void {
  for (const { target, content } of changes) {
    const known = files.get(target.url) ?? {}
    files.set(target.url, known)
    for (const tree of parseTrees(contents.get(content) ?? '')) {
      for (const [path, text] of tree.files) known[path] = memoryFile(text)
    }
  }
  contents.clear()
}

async function finish(world: BenchWorld, kind: 'System' | 'Workload', runs: readonly Run[]): Promise<void> {
  for (const { name, held, outcomes, changes } of runs) {
    const committed = changes.map(({ target, answer, files }) => {
      const commit = world.host.repository(target.url).branches.get(target.branch)
      return { ...answer, result: 'committed', commit, files }
    })
    const { fence, generation } = held
    const told = kind === 'System' ? { operation: 'system', system: name } : { operation: 'workload', workload: name }
    const report = { ...told, fence, generation, outcomes, commits: committed }
    const { phase, due } = await world.call<{ phase: string; due: number | null }>('ReportFunction', report)
    if (phase !== 'Ready') throw new Error(`${name} is ${phase}`)
    await world.call('LeaseFunction', { operation: 'release', kind, name, fence, due })
  }
}
