import type { Installation, PlacementSubject, Waiting } from '../domain/capability.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter, OwnedTree } from '../domain/git.ts'
import type { EcrOutput, IamOutput, NatsOutput, PlacementOutputs, SecretsOutput } from '../domain/outputs.ts'
import type { Store } from '../domain/store.ts'
import { commitMessage } from './message.ts'
import { missingInputs } from './render.ts'
import { holdWorld, placementSubject, workloadRef, type Specs, type World } from './world.ts'
import { type RepositoryPart, type Committed, type CommittedPlacement, flatten, type Outcome } from './outcome.ts'

export interface CommitPorts {
  readonly store: Store
  readonly installation: Installation
  readonly specs: Specs
  readonly writer: ClusterRepositoryWriter
  readonly render: (subject: PlacementSubject<object>, outputs: PlacementOutputs, deployable: boolean) => OwnedTree
}

export interface CommitRequestInput {
  readonly workload: string
  readonly fence: number
  readonly reason: string
  readonly execution: string
  readonly part: RepositoryPart
  /** As the machine's Parallel and Map nest them. */
  readonly outcomes: unknown
}

/**
 * Renders the placements whose capabilities all came out well and commits them together. A placement with a failed
 * capability, or one that runs already and now lacks an input, keeps what is on the branch: a running Deployment
 * is never taken away because something is missing.
 */
export async function commitWorkload(ports: CommitPorts, input: CommitRequestInput): Promise<Committed> {
  const world = await holdWorld(ports.store, ports.installation, input.workload, input.fence)
  const outcomes = flatten(input.outcomes)
  const target = { url: input.part.url, branch: input.part.branch }
  const planned = input.part.clusters.map((cluster) => planPlacement(ports, world, outcomes, cluster))
  const plans = world.record.restoring
    ? await Promise.all(planned.map((plan) => heldIfDeployed(ports, target, plan)))
    : planned
  const trees = plans.flatMap(({ tree }) => tree ?? [])
  const placements = plans.map(({ placement }) => placement)
  const common = { ok: true, repository: input.part.url, placements } as const
  if (trees.length === 0) return { ...common, result: 'skipped', files: 0 }
  const written = await ports.writer.commit({
    target,
    trees,
    ...commitMessage({
      resource: input.workload,
      reason: input.reason,
      execution: input.execution,
      generation: world.record.generation,
      clusters: plans.filter(({ tree }) => tree).map(({ placement }) => placement.cluster),
      images: imageTags(world, outcomes, input.part.clusters),
    }),
  })
  for (const { placement } of plans.filter(({ tree }) => tree)) {
    // It was to leave, and is wanted again: an old confirmation must not serve for the next time.
    const left = world.record.removals?.[placement.cluster] !== undefined
    if (left) await ports.store.removed(workloadRef(input.workload), input.fence, placement.cluster)
  }
  return { ...common, result: written.result, commit: written.commit, files: written.changed.length }
}

interface PlacementPlan {
  readonly placement: CommittedPlacement
  readonly tree?: OwnedTree
}

function planPlacement(ports: CommitPorts, world: World, outcomes: readonly Outcome[], cluster: string): PlacementPlan {
  const before = world.record.status.placements[cluster]
  const subject = placementSubject(world, ports.specs, cluster)
  const outputs = placementOutputs(outcomes, cluster)
  const kept = { deployed: before?.deployed ?? false, ...(before?.digest ? { digest: before.digest } : {}) }
  if (outputs === undefined || subject.spec === undefined) {
    return { placement: { cluster, state: 'held', waiting: [], ...kept } }
  }
  const waiting = missingInputs(subject, outputs, waitingIn(outcomes, cluster))
  if (waiting.length > 0 && before?.deployed) return { placement: { cluster, state: 'held', waiting, ...kept } }
  const deployed = waiting.length === 0
  const digest = deployed ? outputs.ecr.images[subject.cluster.spec.environment]?.digest : undefined
  return {
    placement: {
      cluster,
      state: 'rendered',
      waiting,
      deployed,
      pins: pinsOf(outputs),
      ...(digest ? { digest } : {}),
    },
    tree: ports.render(subject, outputs, deployed),
  }
}

/** The version that pods start with is the last of those that are delivered. */
function pinsOf({ nats, secrets }: PlacementOutputs): Readonly<Record<string, string>> {
  const entries = [...(nats ? [nats.credentials] : []), ...secrets.entries]
  return Object.fromEntries(
    entries.flatMap(({ entry, versions }) => {
      const current = versions.at(-1)
      return current === undefined ? [] : [[entry, current.versionId] as const]
    }),
  )
}

/**
 * Nothing on record says what stands on the branch. What waits for an input and would take something from there was
 * deployed before the record was lost.
 */
async function heldIfDeployed(
  { writer }: CommitPorts,
  target: ClusterRepositoryTarget,
  { placement, tree }: PlacementPlan,
): Promise<PlacementPlan> {
  if (tree === undefined || placement.waiting.length === 0) return { placement, ...(tree ? { tree } : {}) }
  const there = await writer.list(target, tree.paths)
  const takes = [...there.keys()].some((path) => !tree.files.has(path))
  return takes ? { placement: { ...placement, state: 'held', deployed: true } } : { placement, tree }
}

/** Undefined unless every capability of this placement came out well. */
function placementOutputs(outcomes: readonly Outcome[], cluster: string): PlacementOutputs | undefined {
  const mine = outcomes.filter((outcome) => outcome.cluster === undefined || outcome.cluster === cluster)
  if (mine.some((outcome) => !outcome.ok)) return undefined
  const output = (capability: string) => mine.find((outcome) => outcome.capability === capability)?.output
  const [ecr, iam, nats, secrets] = ['ecr', 'iam', 'nats', 'secrets'].map(output)
  if (ecr === undefined || iam === undefined) return undefined
  return {
    ecr: ecr as EcrOutput,
    iam: iam as IamOutput,
    ...(nats === undefined ? {} : { nats: nats as NatsOutput }),
    secrets: (secrets ?? { entries: [] }) as SecretsOutput,
  }
}

function waitingIn(outcomes: readonly Outcome[], cluster: string): readonly Waiting[] {
  return outcomes
    .filter((outcome) => outcome.cluster === undefined || outcome.cluster === cluster)
    .flatMap((outcome) => outcome.waiting ?? [])
}

function imageTags(world: World, outcomes: readonly Outcome[], clusters: readonly string[]): readonly string[] {
  const images =
    (outcomes.find(({ capability }) => capability === 'ecr')?.output as EcrOutput | undefined)?.images ?? {}
  const changed = clusters.flatMap((cluster) => {
    const environment = world.clusters.find(({ name }) => name === cluster)?.spec.environment ?? ''
    const image = images[environment]
    if (image === undefined || image.digest === world.record.status.placements[cluster]?.digest) return []
    return [image.tag ?? image.digest.slice(0, 19)]
  })
  return [...new Set(changed)]
}
