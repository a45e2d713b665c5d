import type { Clock } from '../domain/effects.ts'
import { unreadyPhases, type UnreadyPhase } from '../domain/metrics.ts'
import type { ResourceKind } from '../domain/records.ts'
import { parkedAt, type RecordOf, type Ref, type Store } from '../domain/store.ts'
import { renewalsIn, type Renewals } from './renewals.ts'
import type { SweepTimes } from './sweep.ts'

export interface Unready {
  /** Workloads and Systems by phase. */
  readonly phases: Readonly<Record<UnreadyPhase, number>>
  readonly renewals: Renewals
  /** What waits because its System or the fleet is paused, and is none of the above but for its renewals; by kind. */
  readonly paused?: { readonly systems: number; readonly workloads: number }
  /** To which Fairway has owed something for the longest time. */
  readonly oldest?: { readonly kind: ResourceKind; readonly name: string; readonly seconds: number }
}

/** A fleet of which nothing is ready is counted up to here. */
const limit = 10_000

/**
 * What is well and has credentials that end is due when the first of them is renewed: those that come next are enough to
 * say what ends first, because whatever comes later is renewed later.
 */
const next = 25

/** A credential ends whether anybody looks or not: of what is paused as many are looked into. */
const mostPausedRead = 1_000

/**
 * What is not ready, and for how long, and what is to be renewed, for which a workload is due as well. Costs by what is
 * not ready, not by what there is: whatever is not settled, or waits for somebody, is due within `sweep.waiting`
 * (flow/report.ts), and a lease ends earlier than that.
 */
export async function unready(ports: {
  readonly store: Store
  readonly clock: Clock
  readonly sweep: SweepTimes
}): Promise<Unready> {
  const now = ports.clock.now()
  const soon = now + ports.sweep.waiting
  const due = await ports.store.due(soon, limit)
  const later = await ports.store.attention({ from: soon, until: parkedAt - 1 }, next)
  const parked = await ports.store.parked(limit)
  const waiting = await ports.store.getMany(parked.filter(isOf('Workload')).slice(0, mostPausedRead))
  const workloads = await ports.store.getMany(due.filter(isOf('Workload')))
  const records = [...workloads, ...(await ports.store.getMany(due.filter(isOf('System'))))]
  const seen = new Set(workloads.map(({ name }) => name))
  const others = later.filter((record) => record.kind === 'Workload').filter(({ name }) => !seen.has(name))
  const renewals = renewalsIn([...workloads, ...others, ...waiting], now)
  const paused = countsOf(parked)
  const phases = Object.fromEntries(
    unreadyPhases.map((phase) => [phase, records.filter(({ status }) => status.phase === phase).length]),
  ) as Record<UnreadyPhase, number>
  const [oldest] = records
    .flatMap(({ kind, name, unsettledSince }) => (unsettledSince === undefined ? [] : [{ kind, name, unsettledSince }]))
    .toSorted((a, b) => a.unsettledSince - b.unsettledSince)
  const found = { phases, renewals, ...paused }
  if (oldest === undefined) return found
  const { kind, name, unsettledSince } = oldest
  // Clocks differ: what began a moment from now has just begun.
  return { ...found, oldest: { kind, name, seconds: Math.max(0, Math.round((now - unsettledSince) / 1000)) } }
}

function countsOf(parked: readonly Ref[]): Pick<Unready, 'paused'> {
  if (parked.length === 0) return {}
  const systems = parked.filter(isOf('System')).length
  return { paused: { systems, workloads: parked.length - systems } }
}

function isOf<Kind extends keyof RecordOf>(kind: Kind) {
  return (ref: Ref): ref is Ref<Kind> => ref.kind === kind
}
