import type { Installation, NamedCluster, PlacementSubject, TenancySubject } from '../../domain/capability.ts'
import type { Finding } from '../../domain/fleet.ts'
import type { OwnedTree } from '../../domain/git.ts'
import type { PlacementOutputs, TenancyOutput } from '../../domain/outputs.ts'
import type { Status, SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { SystemSpec } from '../../domain/resources.ts'
import { placementOutputs } from '../placements.ts'
import { systemPaths, workloadPaths } from '../render.ts'
import { desiredClusters, leavingClusters, placementSubject, type Specs, type World } from '../world.ts'
import { branchOf, orphans, type Branch } from './branch.ts'

export interface ManifestPorts {
  readonly specs: Specs
  readonly installation: Installation
  readonly render: (subject: PlacementSubject<object>, outputs: PlacementOutputs, deployable: boolean) => OwnedTree
  readonly renderSystem: (subject: TenancySubject, output: TenancyOutput) => OwnedTree
  /** Git's id of a file with this text. */
  readonly blobId: (text: string) => string
}

export interface BranchPlatform {
  readonly systems: readonly SystemRecord[]
  /** Those that live on this branch. */
  readonly clusters: readonly NamedCluster[]
}

export interface ManifestComparison {
  /** What its placements on this branch have there that differs. */
  workload(record: WorkloadRecord): readonly Finding[]
  system(record: SystemRecord): readonly Finding[]
  /**
   * Is there, and is not compared: its System is paused, or somebody holds its lease. What it owns is no orphan.
   * `workload` and `system` say so themselves.
   */
  accountFor(record: WorkloadRecord | SystemRecord): void
  /** What no record accounts for, after all of them were given. Those declared since the branch was read are among it. */
  rest(): readonly Finding[]
}

/**
 * One branch against what is on record; pure. `branch` is path to blob id, of Fairway's directories at least.
 *
 * A commit reaches the branch before the record says so, and both are read at different moments, so that a reconcile in
 * between looks like drift. Hence what is found counts only after a second comparison: the records, then a branch that
 * is younger than they are, then the records once more, strongly consistent. Who holds a lease moves the `revision` when
 * taking it, so where that stands still and nobody holds a lease, nobody committed between the two readings. The other
 * way round (the branch, then the records) a commit in between cannot be told from an edit. What is found falsely
 * nevertheless costs a reconcile that changes nothing.
 */
export function compareManifests(
  ports: ManifestPorts,
  platform: BranchPlatform,
  branch: ReadonlyMap<string, string>,
): ManifestComparison {
  const there = branchOf(branch)
  const systems = new Map(platform.systems.map((record) => [record.name, record]))
  const accounted = new Set<string>()
  const accountFor = (record: WorkloadRecord | SystemRecord) => {
    for (const path of accountedBy(ports, platform, record)) accounted.add(path)
  }
  return {
    accountFor,
    workload(record) {
      accountFor(record)
      const system = systems.get(record.system)
      if (system?.spec === undefined || !isComparable(record, system)) return []
      const named = { name: system.name, spec: system.spec as SystemSpec }
      const world = { installation: ports.installation, record, system: named, clusters: platform.clusters }
      return desiredClusters(world, ports.specs)
        .filter(({ name }) => isCommitted(record.status, name) && record.removals?.[name] === undefined)
        .flatMap(({ name }) => compared(ports, there, record, name, () => workloadTree(ports, world, name)))
    },
    system(record) {
      accountFor(record)
      if (record.spec === undefined || record.restoring || record.generation !== record.status.observedGeneration)
        return []
      return platform.clusters
        .filter((cluster) => isOpen(record, cluster) && isCommitted(record.status, cluster.name))
        .flatMap((cluster) => compared(ports, there, record, cluster.name, () => systemTree(ports, record, cluster)))
    },
    rest: () => orphans(there, platform.clusters, accounted),
  }
}

/**
 * Not a tombstone, and not what nobody has carried out yet: a spec newer than the last run, the
 * System's too, or a record that was restored. A reconcile is due for these anyway, and the branch is rightly older.
 */
function isComparable(record: WorkloadRecord, system: SystemRecord): boolean {
  if (record.spec === undefined || record.restoring) return false
  return (
    record.generation === record.status.observedGeneration && system.generation === system.status.observedGeneration
  )
}

/**
 * The last run rendered this placement and brought it to the branch. One that was held, or whose commit failed, has
 * outputs on record that are newer than what stands there on purpose.
 */
function isCommitted({ conditions, placements }: Status, cluster: string): boolean {
  const commit = conditions.find((one) => one.capability === 'commit' && one.cluster === cluster)
  return commit?.status === 'True' && placements[cluster] !== undefined
}

/** Undefined where what it was rendered from is not on record in full: then there is nothing to compare with. */
function workloadTree(ports: ManifestPorts, world: World, cluster: string): OwnedTree | undefined {
  const { outputs, placements } = world.record.status
  const found = placementOutputs((name) => outputs[name === 'ecr' ? name : `${name}/${cluster}`])
  const placement = placements[cluster]
  const subject = placementSubject(world, ports.specs, cluster)
  if (found === undefined || placement === undefined || subject.spec === undefined) return undefined
  const image = found.ecr.images[subject.cluster.spec.environment]
  if (placement.deployed && image?.digest !== placement.digest) return undefined
  return ports.render(subject, found, placement.deployed)
}

function systemTree(ports: ManifestPorts, record: SystemRecord, cluster: NamedCluster): OwnedTree | undefined {
  const output = record.status.outputs[`tenancy/${cluster.name}`]
  if (output === undefined) return undefined
  const system = { name: record.name, spec: record.spec as SystemSpec }
  return ports.renderSystem({ installation: ports.installation, system, cluster }, output as TenancyOutput)
}

function compared(
  ports: ManifestPorts,
  branch: Branch,
  record: WorkloadRecord | SystemRecord,
  cluster: string,
  render: () => OwnedTree | undefined,
): readonly Finding[] {
  const resource = { kind: record.kind, name: record.name }
  try {
    const tree = render()
    if (tree === undefined) return []
    return differences(tree, branch, ports.blobId).map((one) => ({ ...one, resource, cluster, answer: 'repairing' }))
  } catch (error) {
    // What an older release put on record may lack what this one renders from; one such record must not end the look.
    const what = `cannot be rendered from what is on record (${error instanceof Error ? error.message : String(error)})`
    return [{ kind: 'due', resource, cluster, where: record.name, what, answer: 'repairing' }]
  }
}

function differences(
  { paths, files }: OwnedTree,
  branch: Branch,
  blobId: ManifestPorts['blobId'],
): readonly Pick<Finding, 'kind' | 'where' | 'what'>[] {
  const wanted = [...files].flatMap(([where, text]): Pick<Finding, 'kind' | 'where' | 'what'>[] => {
    const id = branch.id(where)
    if (id === undefined) return [{ kind: 'manifest-deleted', where, what: 'is not on the branch any more' }]
    if (id === blobId(text)) return []
    return [{ kind: 'manifest-edited', where, what: 'is not what is rendered from what is on record' }]
  })
  const foreign = paths
    .flatMap((path) => branch.under(path))
    .filter((path) => !files.has(path))
    .map((where) => ({ kind: 'manifest-foreign' as const, where, what: 'is not rendered by Fairway' }))
  return [...wanted, ...foreign]
}

/** Wanted there, or held there still. A tombstone accounts for nothing. */
function accountedBy(
  { specs }: ManifestPorts,
  platform: BranchPlatform,
  record: WorkloadRecord | SystemRecord,
): readonly string[] {
  if (record.spec === undefined) return []
  if (record.kind === 'System') {
    return platform.clusters
      .filter((cluster) => isOpen(record, cluster) || holds(record, cluster.name))
      .flatMap((cluster) => systemPaths(cluster, record.name))
  }
  const world = { record, clusters: platform.clusters }
  const workload = record.name.slice(record.system.length + 1)
  return [...desiredClusters(world, specs), ...leavingClusters(world, specs)].flatMap((cluster) =>
    Object.values(workloadPaths(cluster, record.system, workload)),
  )
}

function isOpen({ spec }: SystemRecord, cluster: NamedCluster): boolean {
  return (spec as SystemSpec).environments.includes(cluster.spec.environment)
}

function holds({ claims, status }: SystemRecord, cluster: string): boolean {
  return status.placements[cluster] !== undefined || Object.keys(claims).some((key) => key.split('/')[1] === cluster)
}
