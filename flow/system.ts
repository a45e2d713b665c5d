import type { Installation, TenancySubject } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import { Terminal } from '../domain/errors.ts'
import type { ClusterRepositoryWriter, OwnedTree } from '../domain/git.ts'
import { specHash } from '../domain/hash.ts'
import type { TenancyOutput } from '../domain/outputs.ts'
import type { Portal } from '../domain/portal.ts'
import type { Ref, Store } from '../domain/store.ts'
import { systemEntity } from './entities.ts'
import { commitMessage } from './message.ts'
import { statusAfter } from './status.ts'
import { readPlatform } from './world.ts'
import { type RepositoryPart, type Committed, type CommittedPlacement, type CommitOutcome, flatten } from './outcome.ts'
import type { SweepTimes } from './sweep.ts'

/** The stages of `reconcile-system`: tenancy per cluster, one commit per repository, then its workloads. */

export interface SystemPorts {
  readonly store: Store
  readonly installation: Installation
}

export async function tenancySubject(ports: SystemPorts, system: string, cluster: string): Promise<TenancySubject> {
  const platform = await readPlatform(ports.store, system)
  const place = platform.clusters.find(({ name }) => name === cluster)
  if (place === undefined) throw new Terminal(`the Cluster ${cluster} is not declared`)
  const open = platform.system.spec.environments.includes(place.spec.environment)
  return {
    installation: ports.installation,
    system: platform.system,
    cluster: place,
    ...(open ? {} : { retired: true }),
  }
}

export async function commitSystem(
  ports: SystemPorts & {
    readonly writer: ClusterRepositoryWriter
    readonly render: (subject: TenancySubject, output: TenancyOutput) => OwnedTree
  },
  input: {
    readonly system: string
    readonly fence: number
    readonly reason: string
    readonly execution: string
    readonly part: RepositoryPart
    readonly outcomes: unknown
  },
): Promise<Committed> {
  const record = await ports.store.leases.hold(systemRef(input.system), input.fence)
  const outcomes = flatten(input.outcomes)
  const trees: OwnedTree[] = []
  const placements: CommittedPlacement[] = []
  for (const cluster of input.part.clusters) {
    const outcome = outcomes.find((candidate) => candidate.cluster === cluster)
    const ready = outcome?.ok === true && outcome.output !== undefined
    placements.push({ cluster, state: ready ? 'rendered' : 'held', deployed: ready, waiting: [] })
    if (ready)
      trees.push(ports.render(await tenancySubject(ports, input.system, cluster), outcome.output as TenancyOutput))
  }
  const common = { ok: true, repository: input.part.url, placements } as const
  if (trees.length === 0) return { ...common, result: 'skipped', files: 0 }
  const written = await ports.writer.commit({
    target: { url: input.part.url, branch: input.part.branch },
    trees,
    ...commitMessage({
      resource: input.system,
      reason: input.reason,
      execution: input.execution,
      generation: record.generation,
      clusters: placements.filter(({ state }) => state === 'rendered').map(({ cluster }) => cluster),
      images: [],
    }),
  })
  return { ...common, result: written.result, commit: written.commit, files: written.changed.length }
}

export interface SystemReported {
  readonly phase: string
  readonly due: number | null
  /** Workloads to look at, because the System's spec changed since they were last reconciled with it. */
  readonly workloads: readonly { readonly workload: string }[]
}

export async function reportSystem(
  ports: SystemPorts & { readonly portal: Portal; readonly clock: Clock; readonly sweep: SweepTimes },
  input: {
    readonly system: string
    readonly fence: number
    readonly generation: number
    readonly outcomes: unknown
    readonly commits: readonly CommitOutcome[]
  },
): Promise<SystemReported> {
  const ref = systemRef(input.system)
  const [record, platform] = await Promise.all([
    ports.store.leases.hold(ref, input.fence),
    readPlatform(ports.store, input.system),
  ])
  const now = ports.clock.now()
  const clusters = platform.clusters
    .filter(({ spec }) => platform.system.spec.environments.includes(spec.environment))
    .map(({ name }) => name)
  const status = statusAfter(record, {
    outcomes: flatten(input.outcomes),
    commits: input.commits,
    clusters,
    generation: input.generation,
    now,
  })
  const changed = status.observedGeneration !== record.status.observedGeneration
  const workloads = changed ? await workloadsOf(ports.store, input.system) : []
  // Told before it is on record, as with workloads: a crash in between tells the same thing twice.
  const entity = systemEntity(platform.system, status)
  const port = specHash(entity)
  if (record.reported['port'] !== port) await ports.portal.upsert(entity)
  await ports.store.report(ref, input.fence, status, { ...record.reported, port })
  const wait = status.error?.type === 'Terminal' ? ports.sweep.waiting : ports.sweep.retry
  return { phase: status.phase, due: status.phase === 'Ready' ? null : now + wait, workloads }
}

async function workloadsOf(store: Store, system: string): Promise<{ workload: string }[]> {
  const all = await store.list('Workload')
  return all
    .filter((record) => record.system === system && record.spec !== undefined)
    .map(({ name }) => ({ workload: name }))
}

function systemRef(system: string): Ref<'System'> {
  return { kind: 'System', name: system }
}
