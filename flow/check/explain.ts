import type { Installation, NamedCluster, NamedSystem } from '../../domain/capability.ts'
import type { Phrase, PlacementChange } from '../../domain/changes.ts'
import { canonical } from '../../domain/hash.ts'
import type { Platform } from '../validate.ts'
import type { Specs } from '../world.ts'
import type { Explains } from './ports.ts'

/** One sentence of a plan, and the clusters that it is about; none where it is about the workload as a whole. */
export interface PlannedLine {
  readonly phrase: Phrase
  readonly clusters: readonly string[]
}

export interface Explaining {
  readonly installation: Installation
  readonly platform: Platform
  readonly specs: Specs
  readonly explains: Explains
}

/**
 * What becomes of a workload when its spec goes from `before` to `after`; absent is not there. In the order of the
 * capabilities, and what is the same in several clusters is said once.
 */
export function explainWorkload(
  { installation, platform, specs, explains }: Explaining,
  id: string,
  before: unknown,
  after: unknown,
): readonly PlannedLine[] {
  const slash = id.indexOf('/')
  const system = platform.systems.find(({ name }) => name === id.slice(0, slash))
  if (system === undefined) return []
  const subject = { installation, system, workload: id.slice(slash + 1) }
  const [old, now] = [before, after].map((spec) => clustersOf(platform.clusters, specs, spec)) as [Places, Places]
  const whole = explains.workload.flatMap((explain) => explain({ ...subject, before: old, after: now }))
  const placements = union(old, now).map((cluster) => placementChange(specs, subject, cluster, before, after))
  const placed = explains.placement.flatMap((explain) =>
    placements.flatMap((change) =>
      explain(change as PlacementChange<never>).map((phrase) => ({ phrase, clusters: [change.cluster.name] })),
    ),
  )
  return [...whole.map((phrase) => ({ phrase, clusters: [] })), ...grouped(placed)]
}

type Places = readonly NamedCluster[]

function clustersOf(clusters: Places, specs: Specs, spec: unknown): Places {
  if (spec === undefined) return []
  const environments = new Set(specs.environmentsOf(spec))
  return clusters.filter((cluster) => environments.has(cluster.spec.environment))
}

function union(old: Places, now: Places): Places {
  return [...new Set([...old, ...now])].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function placementChange(
  specs: Specs,
  subject: { readonly installation: Installation; readonly system: NamedSystem; readonly workload: string },
  cluster: NamedCluster,
  before: unknown,
  after: unknown,
): PlacementChange<object> {
  const placed = (spec: unknown) =>
    spec === undefined ? undefined : specs.forEnvironment(spec, cluster.spec.environment)
  const [old, now] = [placed(before), placed(after)]
  return {
    ...subject,
    cluster,
    ...(old === undefined ? {} : { before: old }),
    ...(now === undefined ? {} : { after: now }),
  }
}

function grouped(lines: readonly PlannedLine[]): PlannedLine[] {
  const same = new Map<string, PlannedLine>()
  for (const { phrase, clusters } of lines) {
    const key = canonical(phrase)
    same.set(key, { phrase, clusters: [...(same.get(key)?.clusters ?? []), ...clusters] })
  }
  return [...same.values()]
}
