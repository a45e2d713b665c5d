import type { Installation, NamedCluster } from '../domain/capability.ts'
import type { Clock } from '../domain/effects.ts'
import type { Fleet } from '../domain/fleet.ts'
import type { RecordOf, Ref, Store } from '../domain/store.ts'
import { modeOf } from './modes.ts'
import { desiredClusters, leavingClusters, readPlatform, repositoriesOf, type Specs } from './world.ts'
import type { RepositoryPart } from './outcome.ts'
import type { SweepTimes } from './sweep.ts'

/** What a state machine needs to go on with: names only, every member always there (a missing path fails an execution). */
export interface Held {
  readonly result: 'acquired' | 'coalesced' | 'absent'
  readonly fence: number
  /** Of the spec when the lease was taken: what this run can claim to have carried out (P10). */
  readonly generation: number
  /**
   * What there is to do for this kind of machine; `nothing` goes straight to the release, and `paused` to whoever
   * tells people that it waits (flow/paused.ts).
   */
  readonly work: 'reconcile' | 'retire' | 'nothing' | 'paused'
  /** Placements to provision, or to take away. */
  readonly placements: readonly { readonly cluster: string }[]
  /** For the release when there is nothing to do: 0 (at once) when it waits for another machine, else null. */
  readonly due: number | null
  /** The whole workload goes, its repository and record included. */
  readonly whole: boolean
  readonly repositories: readonly RepositoryPart[]
}

type Work = Omit<Held, 'result' | 'fence' | 'generation'>

const none: Work = { work: 'nothing', due: null, placements: [], whole: false, repositories: [] }
const paused: Work = { ...none, work: 'paused' }

export interface LeasePorts {
  readonly store: Store
  readonly installation: Installation
  readonly specs: Specs
  readonly fleet: Pick<Fleet, 'mode'>
}

/** Sources are read whatever is paused: what they declare is on record then, and waits. */
export async function acquire(
  ports: LeasePorts,
  request: { readonly machine: 'reconcile' | 'retire'; readonly ref: Ref; readonly holder: string },
): Promise<Held> {
  const taken = await ports.store.leases.acquire(request.ref, request.holder)
  if (taken.result !== 'acquired') return { result: taken.result, fence: 0, generation: 0, ...none }
  const held = { result: 'acquired', fence: taken.fence, generation: taken.record.generation } as const
  if (request.ref.kind === 'Source') return { ...held, ...none, work: 'reconcile' }
  if (request.ref.kind === 'System')
    return { ...held, ...(await systemWork(ports, taken.record as RecordOf['System'])) }
  return { ...held, ...(await workloadWork(ports, request.machine, taken.record as RecordOf['Workload'])) }
}

async function systemWork({ store, fleet }: LeasePorts, record: RecordOf['System']): Promise<Work> {
  const [{ system, clusters }, setting] = await Promise.all([readPlatform(store, record.name), fleet.mode()])
  if (modeOf(setting, system).mode === 'paused') return paused
  const open = clusters.filter((cluster) => system.spec.environments.includes(cluster.spec.environment))
  return { ...none, work: 'reconcile', ...parts(open) }
}

async function workloadWork(
  { store, installation, specs, fleet }: LeasePorts,
  machine: 'reconcile' | 'retire',
  record: RecordOf['Workload'],
): Promise<Work> {
  if (record.status.phase === 'Retired') return none
  const [platform, setting] = await Promise.all([readPlatform(store, record.system), fleet.mode()])
  if (modeOf(setting, platform.system).mode === 'paused') return paused
  const world = { installation, record, ...platform }
  const whole = record.intent === 'retire'
  if (machine === 'retire') {
    const leaving = leavingClusters(world, specs)
    return whole || leaving.length > 0 ? { ...none, work: 'retire', whole, ...parts(leaving) } : { ...none, due: 0 }
  }
  return whole ? { ...none, due: 0 } : { ...none, work: 'reconcile', ...parts(desiredClusters(world, specs)) }
}

function parts(clusters: readonly NamedCluster[]): Pick<Held, 'placements' | 'repositories'> {
  return { placements: clusters.map(({ name }) => ({ cluster: name })), repositories: repositoriesOf(clusters) }
}

/**
 * Lets go, unless something changed meanwhile. `due` is when the sweep shall look next, absent when settled; after a
 * failure that is after the retry time.
 */
export async function release(
  ports: { readonly store: Store; readonly clock: Clock; readonly sweep: SweepTimes },
  request: { readonly ref: Ref; readonly fence: number; readonly due?: number | null; readonly failed?: boolean },
): Promise<{ readonly result: 'released' | 'again' }> {
  const due = request.failed ? ports.clock.now() + ports.sweep.retry : (request.due ?? undefined)
  return { result: await ports.store.leases.release(request.ref, request.fence, due) }
}
