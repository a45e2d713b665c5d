import type { Installation, PlacementSubject, Waiting } from '../domain/capability.ts'
import type { OwnedTree } from '../domain/git.ts'
import type { EcrOutput, PlacementOutputs } from '../domain/outputs.ts'
import { isUnder } from '../domain/paths.ts'
import type { Store } from '../domain/store.ts'
import { isWaiting, prepare, whatIsOnRecord, workOf, type PreparePorts, type Prepared } from './handover.ts'
import { commitMessage } from './message.ts'
import { placementOutputs } from './placements.ts'
import { missingInputs } from './render.ts'
import { branchClaim, holdWorld, placementSubject, workloadRef, type Specs, type World } from './world.ts'
import { type CommitAnswer, type CommittedPlacement, flatten, type Outcome, type RepositoryPart } from './outcome.ts'

export interface CommitPorts extends PreparePorts {
  readonly store: Store
  readonly installation: Installation
  readonly specs: Specs
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
 * Renders the placements whose capabilities all came out well, for one commit. A placement with a failed capability, or
 * one that runs already and now lacks an input, keeps what is on the branch: a running Deployment is never taken away
 * because something is missing.
 */
export async function commitWorkload(ports: CommitPorts, input: CommitRequestInput): Promise<Prepared<CommitAnswer>> {
  const work = workOf(input.execution, 'commit', input.part)
  const [world, waiting] = await Promise.all([
    holdWorld(ports.store, ports.installation, input.workload, input.fence),
    isWaiting(ports.changes, work),
  ])
  const outcomes = flatten(input.outcomes)
  const planned = input.part.clusters.map((cluster) => planPlacement(ports, world, outcomes, cluster))
  const paths = planned.flatMap(({ tree }) => tree?.paths ?? [])
  const there = paths.length === 0 ? new Map<string, string>() : await ports.writer.list(work.target, paths)
  const plans = world.record.restoring ? planned.map((plan) => heldIfDeployed(plan, there)) : planned
  const rendered = plans.filter(({ tree }) => tree).map(({ placement }) => placement.cluster)
  const answer = { ok: true, repository: input.part.url, placements: plans.map(({ placement }) => placement) } as const
  if (rendered.length === 0) return { ...answer, ready: true, result: 'skipped', files: 0 }
  const prepared = await prepare(ports, {
    ...work,
    trees: plans.flatMap(({ tree }) => tree ?? []),
    answer,
    there,
    waiting,
    ...whatIsOnRecord(world.record.status, rendered),
    message: commitMessage({
      resource: input.workload,
      reason: input.reason,
      execution: input.execution,
      generation: world.record.generation,
      clusters: rendered,
      images: imageTags(world, outcomes, input.part.clusters),
    }),
  })
  if (!prepared.ready) await claimBranches(ports.store, world, input, rendered)
  return prepared
}

/** On record before the first push: whatever dies after it, a retirement finds what it brought. */
async function claimBranches(
  store: Store,
  { record }: World,
  { fence, part }: CommitRequestInput,
  clusters: readonly string[],
): Promise<void> {
  const isKnown = (cluster: string) =>
    record.status.placements[cluster] !== undefined ||
    record.claims[`${branchClaim.capability}/${cluster}/${branchClaim.what}`] !== undefined
  const first = clusters.filter((cluster) => !isKnown(cluster))
  const claim = { id: `${part.url} ${part.branch}`, incarnation: record.incarnation }
  await Promise.all(
    first.map((cluster) =>
      store.ledger(workloadRef(record.name), fence, branchClaim.capability, cluster).claim(branchClaim.what, claim),
    ),
  )
}

interface PlacementPlan {
  readonly placement: CommittedPlacement
  readonly tree?: OwnedTree
}

function planPlacement(ports: CommitPorts, world: World, outcomes: readonly Outcome[], cluster: string): PlacementPlan {
  const before = world.record.status.placements[cluster]
  const subject = placementSubject(world, ports.specs, cluster)
  const outputs = outputsOf(outcomes, cluster)
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
function heldIfDeployed({ placement, tree }: PlacementPlan, there: ReadonlyMap<string, string>): PlacementPlan {
  if (tree === undefined || placement.waiting.length === 0) return { placement, ...(tree ? { tree } : {}) }
  const takes = [...there.keys()].some(
    (path) => tree.paths.some((owned) => isUnder(path, owned)) && !tree.files.has(path),
  )
  return takes ? { placement: { ...placement, state: 'held', deployed: true } } : { placement, tree }
}

/** Undefined unless every capability of this placement came out well. */
function outputsOf(outcomes: readonly Outcome[], cluster: string): PlacementOutputs | undefined {
  const mine = outcomes.filter((outcome) => outcome.cluster === undefined || outcome.cluster === cluster)
  if (mine.some((outcome) => !outcome.ok)) return undefined
  return placementOutputs((capability) => mine.find((outcome) => outcome.capability === capability)?.output)
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
