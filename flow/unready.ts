import type { Clock } from '../domain/effects.ts'
import { unreadyPhases, type UnreadyPhase } from '../domain/metrics.ts'
import type { ResourceKind } from '../domain/records.ts'
import type { RecordOf, Ref, Store } from '../domain/store.ts'
import { renewalsIn, type Renewals } from './renewals.ts'
import type { SweepTimes } from './sweep.ts'

export interface Unready {
  /** Workloads and Systems by phase. */
  readonly phases: Readonly<Record<UnreadyPhase, number>>
  readonly renewals: Renewals
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
  const later = await ports.store.attention({ from: soon, until: Number.MAX_SAFE_INTEGER }, next)
  const workloads = await ports.store.getMany(due.filter(isOf('Workload')))
  const records = [...workloads, ...(await ports.store.getMany(due.filter(isOf('System'))))]
  const seen = new Set(workloads.map(({ name }) => name))
  const others = later.filter((record) => record.kind === 'Workload').filter(({ name }) => !seen.has(name))
  const renewals = renewalsIn([...workloads, ...others], now)
  const phases = Object.fromEntries(
    unreadyPhases.map((phase) => [phase, records.filter(({ status }) => status.phase === phase).length]),
  ) as Record<UnreadyPhase, number>
  const [oldest] = records
    .flatMap(({ kind, name, unsettledSince }) => (unsettledSince === undefined ? [] : [{ kind, name, unsettledSince }]))
    .toSorted((a, b) => a.unsettledSince - b.unsettledSince)
  if (oldest === undefined) return { phases, renewals }
  const { kind, name, unsettledSince } = oldest
  // Clocks differ: what began a moment from now has just begun.
  return { phases, renewals, oldest: { kind, name, seconds: Math.max(0, Math.round((now - unsettledSince) / 1000)) } }
}

function isOf<Kind extends keyof RecordOf>(kind: Kind) {
  return (ref: Ref): ref is Ref<Kind> => ref.kind === kind
}
