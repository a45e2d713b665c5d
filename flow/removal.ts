import { isUnder } from '../domain/paths.ts'
import { prepare, workOf, type PreparePorts, type Prepared } from './handover.ts'
import { commitMessage } from './message.ts'
import type { RemovalAnswer, RepositoryPart } from './outcome.ts'
import { workloadPaths } from './render.ts'
import type { RetirePorts } from './retire.ts'
import { holdWorld, leavingClusters, workloadRef, type Specs, type World } from './world.ts'

/** The two commits of a retirement, as far as the repository's writer. */

export interface RemovalInput {
  readonly workload: string
  readonly fence: number
  readonly reason: string
  readonly execution: string
  readonly part: RepositoryPart
}

type Writing = RetirePorts & PreparePorts

/**
 * Commit A. On record before the push, so that a confirmation finds it even when the push's answer is late. A placement
 * that never reached the branch has nothing to wait for.
 */
export async function removeApplications(ports: Writing, input: RemovalInput): Promise<Prepared<RemovalAnswer>> {
  const { world, leaving, there } = await lookAtLeaving(ports, input)
  const ref = workloadRef(input.workload)
  const open: string[] = []
  for (const cluster of leaving) {
    const { name } = cluster
    const paths = pathsOf(world, cluster)
    const removal = world.record.removals?.[name]
    if (removal?.commit !== undefined && !there.has(paths.application)) continue
    // It was wanted again, and a crash kept that from being said: the old confirmation is of what was there before.
    const old = removal?.commit ?? removal?.confirmed
    if (old !== undefined && there.has(paths.application)) await ports.store.cancelRemoval(ref, input.fence, name)
    await ports.store.removing(ref, input.fence, name)
    const known = world.record.status.placements[name] !== undefined
    // Commit A leaves the manifests: a run that died after it is not taken for one that found nothing.
    if (!known && ![...there.keys()].some((path) => Object.values(paths).some((owned) => isUnder(path, owned))))
      await ports.store.confirmRemoval(ref, name, 'nothing was on the branch')
    open.push(name)
  }
  const clusters = leaving.filter(({ name }) => open.includes(name))
  return remove(ports, input, { world, clusters, there, part: 'application' })
}

/** Commit B. */
export async function removeManifests(ports: Writing, input: RemovalInput): Promise<Prepared<RemovalAnswer>> {
  const { world, leaving, there } = await lookAtLeaving(ports, input)
  return remove(ports, input, { world, clusters: leaving, there, part: 'everything' })
}

/** Everything of theirs that is on the branch, the Application and the manifests. */
async function lookAtLeaving(ports: Writing, input: RemovalInput) {
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const leaving = stillLeaving(world, ports.specs, input.part.clusters)
  const { url, branch } = input.part
  const paths = leaving.flatMap((cluster) => Object.values(pathsOf(world, cluster)))
  const there = leaving.length === 0 ? new Map<string, string>() : await ports.writer.list({ url, branch }, paths)
  return { world, leaving, there }
}

async function remove(
  ports: Writing,
  input: RemovalInput,
  removal: {
    readonly world: World
    readonly clusters: World['clusters']
    readonly there: ReadonlyMap<string, string>
    readonly part: 'application' | 'everything'
  },
): Promise<Prepared<RemovalAnswer>> {
  const { world, clusters, part } = removal
  const names = clusters.map(({ name }) => name)
  const answer = { ok: true, repository: input.part.url, removed: names } as const
  if (names.length === 0) return { ...answer, ready: true, result: 'skipped', files: 0 }
  const work = workOf(input.execution, part, input.part)
  return prepare(ports, {
    ...work,
    answer,
    there: removal.there,
    trees: clusters.map((cluster) => {
      const { application, manifests } = pathsOf(world, cluster)
      const paths = part === 'application' ? [application] : [application, manifests]
      return { owner: world.record.name, paths, files: new Map() }
    }),
    // A confirmation counts with the commit that it follows, so commit A is always asked for.
    ...(part === 'everything' ? { unchanged: {} } : {}),
    message: commitMessage({
      resource: world.record.name,
      reason: `retire: ${input.reason}`,
      execution: `${input.execution}/${part}`,
      generation: world.record.generation,
      clusters: names,
      images: [],
      removes: part,
    }),
  })
}

function pathsOf(world: World, cluster: World['clusters'][number]) {
  const workload = world.record.name.slice(world.record.system.length + 1)
  return workloadPaths(cluster, world.record.system, workload)
}

/** Only what still leaves: the workload may have been declared again since the run began. */
function stillLeaving(world: World, specs: Specs, clusters: readonly string[]) {
  return leavingClusters(world, specs).filter(({ name }) => clusters.includes(name))
}
