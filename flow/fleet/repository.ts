import type { Clock } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import { shardName, type Finding, type Shard } from '../../domain/fleet.ts'
import type { ClusterRepositoryWriter } from '../../domain/git.ts'
import { applicationsDirectory, manifestsDirectory } from '../../domain/layout.ts'
import { safeJoin } from '../../domain/paths.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import type { Ref, Store } from '../../domain/store.ts'
import { workloadPaths } from '../render.ts'
import { desiredClusters, leavingClusters } from '../world.ts'
import { branchOf } from './branch.ts'
import type { Comparison, Differing, Found } from './comparison.ts'
import { collectFailures, type Failures } from './failures.ts'
import { compareManifests, type ManifestComparison, type ManifestPorts } from './manifests.ts'
import { isUnderway, worldOf, type Platform } from './scope.ts'

type AnyRecord = WorkloadRecord | SystemRecord
type RepositoryShard = Extract<Shard, { kind: 'repository' }>

export interface RepositoryPorts extends ManifestPorts {
  readonly store: Pick<Store, 'getMany'>
  readonly writer: Pick<ClusterRepositoryWriter, 'list'>
  readonly clock: Clock
}

/** For whoever looks at branches, and at nothing else. */
export function lookAtBranches(ports: RepositoryPorts): (platform: Platform, shard: Shard) => Promise<Comparison> {
  return async (platform, shard) => {
    if (shard.kind !== 'repository') throw new Terminal(`${shardName(shard)} is no branch: it is another function’s`)
    return compareRepository(ports, platform, shard)
  }
}

/** Records against one branch. What differs is compared once more, with a branch that is younger than the records. */
async function compareRepository(
  ports: RepositoryPorts,
  platform: Platform,
  shard: RepositoryShard,
): Promise<Comparison> {
  const { url, branch } = shard
  const clusters = platform.clusters.filter(
    ({ spec: { repository } }) => repository.url === url && repository.branch === branch,
  )
  const roots = clusters.flatMap(({ spec: { repository } }) =>
    [applicationsDirectory, manifestsDirectory].map((directory) => safeJoin(repository.path, directory)),
  )
  const failures = collectFailures()
  const here = { systems: [...platform.systems.values()], clusters }
  const list = () => ports.writer.list({ url, branch }, roots)
  const compared = await orFailed(failures, async () => compareManifests(ports, here, await list()))

  return {
    size(record) {
      if (compared === undefined) return 0
      return record.kind === 'System' ? open(record).length : placed(record).length
    },
    accountFor: (record) => compared?.accountFor(record),
    compare: (record) => (compared === undefined ? [] : differencesIn(compared, record)),
    leftovers: (record) => (compared === undefined || record.kind === 'System' ? [] : leaving(record)),
    async orphans(known) {
      const found = (compared?.rest() ?? []).map(foundOf)
      if (found.every(known)) return found
      const again = await orFailed(failures, async () => branchOf(await list()))
      return found.filter((one) => known(one) || (again?.under(one.where).length ?? 0) > 0)
    },
    async confirm(all) {
      if (all.length === 0) return []
      const records = await readAgain(ports.store, all)
      const again = await orFailed(failures, async () => compareManifests(ports, here, await list()))
      if (again === undefined) return []
      const found = records.map((record) => ({ record, found: differencesIn(again, record) }))
      const last = new Map((await readAgain(ports.store, found)).map((record) => [keyOf(record), record]))
      return found.filter(({ record, found: differing }) => {
        const after = last.get(keyOf(record))
        return differing.length > 0 && after?.revision === record.revision && !isUnderway(after, ports.clock.now())
      })
    },
    failures: failures.all,
  }

  function open({ spec }: SystemRecord) {
    return clusters.filter((cluster) =>
      (spec as SystemSpec | undefined)?.environments.includes(cluster.spec.environment),
    )
  }

  /** By the record alone: as long as it says that something is there, a retirement is not done. */
  function leaving(record: WorkloadRecord): readonly Found[] {
    const workload = record.name.slice(record.system.length + 1)
    return leavingClusters({ record, clusters }, ports.specs).map((cluster) => ({
      kind: 'orphan',
      resource: { kind: 'Workload', name: record.name },
      cluster: cluster.name,
      where: workloadPaths(cluster, record.system, workload).manifests,
      what: `remove ${record.name} from ${cluster.name}, where it is not placed any more`,
    }))
  }

  function placed(record: WorkloadRecord) {
    const world = worldOf(platform, record, clusters)
    return world === undefined ? [] : desiredClusters(world, ports.specs)
  }
}

function differencesIn(comparison: ManifestComparison, record: AnyRecord): readonly Found[] {
  const found = record.kind === 'System' ? comparison.system(record) : comparison.workload(record)
  return found.map(foundOf)
}

/** What is done about it is decided later, unless it says that nothing is. */
function foundOf(finding: Finding): Found {
  const { answer: _, why, ...found } = finding
  return why === undefined ? found : { ...found, fix: why }
}

async function orFailed<Result>(failures: Failures, call: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call()
  } catch (error) {
    failures.whole('manifests', error)
    return undefined
  }
}

async function readAgain(store: Pick<Store, 'getMany'>, all: readonly Differing[]): Promise<readonly AnyRecord[]> {
  const refs = all.map(({ record: { kind, name } }): Ref => ({ kind, name }))
  return (await store.getMany(refs)) as readonly AnyRecord[]
}

function keyOf({ kind, name }: AnyRecord): string {
  return `${kind}/${name}`
}
