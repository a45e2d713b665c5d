import type { Installation, TenancySubject } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import { Terminal } from '../domain/errors.ts'
import type { OwnedTree } from '../domain/git.ts'
import { specHash } from '../domain/hash.ts'
import type { TenancyOutput } from '../domain/outputs.ts'
import type { Fleet } from '../domain/fleet.ts'
import type { Portal, PortalEntity } from '../domain/portal.ts'
import type { Status, SystemRecord } from '../domain/records.ts'
import type { SystemSpec } from '../domain/resources.ts'
import type { Ref, Store } from '../domain/store.ts'
import { systemEntity } from './entities.ts'
import { isWaiting, prepare, whatIsOnRecord, workOf, type PreparePorts, type Prepared } from './handover.ts'
import { driftAfter } from './fleet/closing.ts'
import { commitMessage } from './message.ts'
import { modeOf } from './modes.ts'
import { statusAfter } from './status.ts'
import { readPlatform } from './world.ts'
import {
  type CommitAnswer,
  type CommitOutcome,
  type CommittedPlacement,
  flatten,
  type RepositoryPart,
} from './outcome.ts'
import type { SweepTimes } from './sweep.ts'

/** The stages of `reconcile-system`: tenancy per cluster, one commit per repository, then its workloads. */

export interface SystemPorts {
  readonly store: Store
  readonly installation: Installation
}

export async function tenancySubject(ports: SystemPorts, system: string, cluster: string): Promise<TenancySubject> {
  return subjectOf(ports, await readPlatform(ports.store, system), cluster)
}

function subjectOf(
  { installation }: SystemPorts,
  { system, clusters }: Awaited<ReturnType<typeof readPlatform>>,
  cluster: string,
): TenancySubject {
  const place = clusters.find(({ name }) => name === cluster)
  if (place === undefined) throw new Terminal(`the Cluster ${cluster} is not declared`)
  const open = system.spec.environments.includes(place.spec.environment)
  return { installation, system, cluster: place, ...(open ? {} : { retired: true }) }
}

/** One repository's part of a System, for one commit. */
export async function commitSystem(
  ports: SystemPorts &
    PreparePorts & { readonly render: (subject: TenancySubject, output: TenancyOutput) => OwnedTree },
  input: {
    readonly system: string
    readonly fence: number
    readonly reason: string
    readonly execution: string
    readonly part: RepositoryPart
    readonly outcomes: unknown
  },
): Promise<Prepared<CommitAnswer>> {
  const work = workOf(input.execution, 'commit', input.part)
  const [record, platform, waiting] = await Promise.all([
    ports.store.leases.hold(systemRef(input.system), input.fence),
    readPlatform(ports.store, input.system),
    isWaiting(ports.changes, work),
  ])
  const outcomes = flatten(input.outcomes)
  const trees: OwnedTree[] = []
  const placements = input.part.clusters.map((cluster): CommittedPlacement => {
    const outcome = outcomes.find((candidate) => candidate.cluster === cluster)
    const ready = outcome?.ok === true && outcome.output !== undefined
    if (ready) trees.push(ports.render(subjectOf(ports, platform, cluster), outcome.output as TenancyOutput))
    return { cluster, state: ready ? 'rendered' : 'held', deployed: ready, waiting: [] }
  })
  const rendered = placements.filter(({ state }) => state === 'rendered').map(({ cluster }) => cluster)
  const answer = { ok: true, repository: input.part.url, placements } as const
  if (trees.length === 0) return { ...answer, ready: true, result: 'skipped', files: 0 }
  const paths = trees.flatMap((tree) => tree.paths)
  return prepare(ports, {
    ...work,
    trees,
    answer,
    there: await ports.writer.list(work.target, paths),
    waiting,
    ...whatIsOnRecord(record.status, rendered),
    message: commitMessage({
      resource: input.system,
      reason: input.reason,
      execution: input.execution,
      generation: record.generation,
      clusters: rendered,
      images: [],
    }),
  })
}

export interface SystemReported {
  readonly phase: string
  readonly due: number | null
}

export async function reportSystem(
  ports: SystemPorts & {
    readonly portal: Portal
    readonly clock: Clock
    readonly sweep: SweepTimes
    readonly fleet: Pick<Fleet, 'mode'>
  },
  input: {
    readonly system: string
    readonly fence: number
    readonly generation: number
    readonly outcomes: unknown
    readonly commits: readonly CommitOutcome[]
  },
): Promise<SystemReported> {
  const ref = systemRef(input.system)
  const [record, platform, setting] = await Promise.all([
    ports.store.leases.hold(ref, input.fence),
    readPlatform(ports.store, input.system),
    ports.fleet.mode(),
  ])
  const now = ports.clock.now()
  const clusters = platform.clusters
    .filter(({ spec }) => platform.system.spec.environments.includes(spec.environment))
    .map(({ name }) => name)
  const outcomes = flatten(input.outcomes)
  const status = statusAfter(record, {
    outcomes,
    commits: input.commits,
    clusters,
    generation: input.generation,
    now,
  })
  const workloads = concerning(platform.system.spec)
  // On record before this generation is: a crash in between marks them again.
  if (status.observedGeneration !== record.status.observedGeneration && record.reported['workloads'] !== workloads)
    await lookAtWorkloads(ports.store, input.system)
  // Told before it is on record, as with workloads: a crash in between tells the same thing twice.
  const entity = systemEntity(platform.system, status, modeOf(setting, platform.system))
  const drift = driftAfter(record, { outcomes, commits: input.commits })
  const seen = status.error === undefined ? { ...record.reported, workloads } : record.reported
  await tellAndRecordSystem(ports, { record: { ...record, reported: seen }, fence: input.fence, status, entity, drift })
  const wait = status.error?.type === 'Terminal' ? ports.sweep.waiting : ports.sweep.retry
  return { phase: status.phase, due: status.phase === 'Ready' ? null : now + wait }
}

/** The portal is told before the record says so, as with workloads (flow/report.ts). */
export async function tellAndRecordSystem(
  ports: { readonly store: Pick<Store, 'report'>; readonly portal: Portal },
  told: {
    readonly record: SystemRecord
    readonly fence: number
    readonly status: Status
    readonly entity: PortalEntity
    readonly drift?: ReturnType<typeof driftAfter>
  },
): Promise<'updated' | 'unchanged'> {
  const { record, fence, status, entity, drift } = told
  const port = specHash(entity)
  if (record.reported['port'] !== port) await ports.portal.upsert(entity)
  return ports.store.report(systemRef(record.name), fence, status, { ...record.reported, port }, [], drift)
}

/** What workloads are made from: that drift is only told from now on is no reason to reconcile, and so repair, all. */
function concerning({ reconcile: _mode, ...spec }: SystemSpec): string {
  return specHash(spec)
}

/** At once, so that a System with thousands takes seconds. */
const together = 25

/**
 * The System's spec changed since they were last reconciled with it. They become due, and the sweep starts as many at a
 * time as there is room for: a payload or a history of an execution has no room for thousands.
 */
async function lookAtWorkloads(store: Store, system: string): Promise<void> {
  const workloads = (await store.list('Workload', { prefix: `${system}/` })).filter(({ spec }) => spec !== undefined)
  for (let start = 0; start < workloads.length; start += together) {
    const part = workloads.slice(start, start + together)
    await Promise.all(part.map(({ name }) => store.touch({ kind: 'Workload', name })))
  }
}

function systemRef(system: string): Ref<'System'> {
  return { kind: 'System', name: system }
}
