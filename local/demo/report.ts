import type { WorkloadRecord } from '../../domain/records.ts'
import type { ControlPlane } from '../controlplane.ts'
import type { Counts } from '../counts.ts'
import type { DemoDrift } from './drift.ts'
import { readRepository } from './source.ts'
import { join } from 'node:path'

/** What `report.json` holds. Names, ids and counts; no values. */
export interface DemoReport {
  readonly ready: boolean
  readonly unchanged: boolean
  readonly workloads: Readonly<Record<string, WorkloadReport>>
  readonly repositories: Readonly<Record<string, readonly { readonly id: string; readonly subject: string }[]>>
  /** Remote reads and writes of this run, by service; the store's lease records are not among them. */
  readonly remote: Counts
  readonly writes: number
  readonly seconds: number
  /** What came of what was broken by hand, if that was asked for. */
  readonly drift?: DemoDrift
}

interface WorkloadReport {
  readonly phase: string
  readonly generation: number
  readonly changed: boolean
  readonly placements: WorkloadRecord['status']['placements']
  readonly commits: readonly string[]
  /** Secrets Manager name to version ids. */
  readonly secretVersions: Readonly<Record<string, readonly string[]>>
}

export type Snapshot = Readonly<Record<string, string>>

/** What a run could have changed, to compare before and after. */
export async function takeSnapshot(controlPlane: ControlPlane, names: readonly string[]): Promise<Snapshot> {
  const records = await workloadsOf(controlPlane, names)
  return Object.fromEntries(
    records.map(({ name, generation, incarnation, status, credentials }) => [
      name,
      JSON.stringify({ generation, incarnation, status, credentials }),
    ]),
  )
}

export async function makeReport(
  controlPlane: ControlPlane,
  names: readonly string[],
  before: Snapshot,
  seconds: number,
): Promise<DemoReport> {
  const records = await workloadsOf(controlPlane, names)
  const after = await takeSnapshot(controlPlane, names)
  const remote = controlPlane.counts()
  const writes = Object.values(remote).reduce((sum, count) => sum + count.writes, 0)
  const workloads = Object.fromEntries(
    records.map((record) => [record.name, describe(record, after[record.name] !== before[record.name])]),
  )
  const repositories = Object.fromEntries(
    await Promise.all(
      (await clusterRepositories(controlPlane)).map(async (name) => {
        const { commits } = await readRepository(join(controlPlane.directory, 'repos', `${name}.git`))
        return [name, commits] as const
      }),
    ),
  )
  return {
    ready: names.every((name) => workloads[name]?.phase === 'Ready'),
    unchanged: writes === 0 && Object.values(workloads).every(({ changed }) => !changed),
    workloads,
    repositories,
    remote,
    writes,
    seconds,
  }
}

export async function clusterRepositories(controlPlane: ControlPlane): Promise<string[]> {
  const clusters = await controlPlane.store.list('Cluster')
  const urls = clusters.map(({ spec }) => (spec as { repository: { url: string } }).repository.url)
  return [
    ...new Set(
      urls.map(
        (url) =>
          url
            .split('/')
            .at(-1)
            ?.replace(/\.git$/, '') ?? '',
      ),
    ),
  ]
}

async function workloadsOf(controlPlane: ControlPlane, names: readonly string[]): Promise<readonly WorkloadRecord[]> {
  const records = await controlPlane.store.getMany(names.map((name) => ({ kind: 'Workload', name }) as const))
  return names.flatMap((name) => records.find((record) => record.name === name) ?? [])
}

function describe(record: WorkloadRecord, changed: boolean): WorkloadReport {
  const { placements, outputs } = record.status
  const versions: Record<string, string[]> = {}
  for (const entry of entriesIn(outputs)) versions[entry.secret] = entry.versions.map(({ versionId }) => versionId)
  return {
    phase: record.status.phase,
    generation: record.generation,
    changed,
    placements,
    commits: [...new Set(Object.values(placements).map(({ commit }) => commit))],
    secretVersions: versions,
  }
}

interface Entry {
  readonly secret: string
  readonly versions: readonly { readonly versionId: string }[]
}

function entriesIn(outputs: Readonly<Record<string, unknown>>): Entry[] {
  return Object.values(outputs).flatMap((output) => {
    const { credentials, entries = [] } = output as { credentials?: Entry; entries?: Entry[] }
    return credentials ? [credentials, ...entries] : entries
  })
}
