import type { NamedCluster } from '../domain/capability.ts'
import type { Slowed } from '../domain/pace.ts'
import type { SystemRecord, WorkloadRecord } from '../domain/records.ts'
import type { AnyRecord, Waiting } from '../domain/store.ts'
import { isOpen } from './operations/rotationrequests.ts'
import type { Due } from './start.ts'
import type { Specs } from './world.ts'

/** Records as the queue (start.ts) sees them. */

/** The service that everybody uses in the control plane's own account. */
const shared = 'ecr'

/** What gates depend on besides the record. */
export interface Places {
  readonly registry: string
  readonly clusters: readonly NamedCluster[]
  readonly specs: Specs
}

/** Pure. Undefined: somebody has taken it up since, or it is not due any more. */
export function dueOf(record: AnyRecord, places: Places, now: number): Due | undefined {
  // That of what is at work is the end of its lease.
  const { kind, name, attentionAt = Infinity } = record
  if (kind === 'Cluster' || attentionAt > now) return undefined
  const system = kind === 'Workload' ? record.system : kind === 'System' ? name : ''
  return { ref: { kind, name }, since: attentionAt, asked: isAsked(record), system, gates: gatesOf(record, places) }
}

/** Pure. The accounts that it works in, and those of the services that all share. */
export function gatesOf(record: AnyRecord, { registry, clusters, specs }: Places): readonly string[] {
  if (record.kind !== 'Workload' && record.kind !== 'System') return []
  const environments = new Set(environmentsOf(record, specs))
  const held = new Set([
    ...Object.keys(record.status.placements),
    ...Object.keys(record.claims).map((key) => key.split('/')[1]),
  ])
  const accounts = clusters
    .filter(({ name, spec }) => environments.has(spec.environment) || held.has(name))
    .map(({ spec }) => spec.aws.account)
  return [...new Set(accounts), ...(record.kind === 'Workload' ? [`${registry}/${shared}`] : [])]
}

/** Pure. A workload needs all services of an account, so the slowest one counts; images are in one account for all. */
export function sharesOf(slowed: readonly Slowed[]): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const { account, service, share } of slowed) {
    const gate = service === shared ? `${account}/${shared}` : account
    shares.set(gate, Math.min(share, shares.get(gate) ?? 1))
  }
  return shares
}

/**
 * Pure. Of a long list the first `most` to read: the oldest, one of each System in turn, so that a long queue of one
 * is not all that is seen.
 */
export function oldestOfEach(waiting: readonly Waiting[], most: number): readonly Waiting[] {
  if (waiting.length <= most) return waiting
  const rounds = new Map<string, number>()
  return waiting
    .map((each) => {
      const [system = ''] = each.ref.name.split('/')
      const round = rounds.get(system) ?? 0
      rounds.set(system, round + 1)
      return { each, round }
    })
    .toSorted((a, b) => a.round - b.round || a.each.at - b.each.at)
    .slice(0, most)
    .map(({ each }) => each)
}

function environmentsOf(record: WorkloadRecord | SystemRecord, specs: Specs): readonly string[] {
  if (record.spec === undefined) return []
  return record.kind === 'Workload'
    ? specs.environmentsOf(record.spec)
    : (record.spec as { environments: readonly string[] }).environments
}

/**
 * Somebody waits for it: Fairway owes something, a spec or a rotation is not carried out, or who worked on it died.
 * What waits for somebody's input, drifted, or is renewed in good time is none of that.
 */
function isAsked(record: AnyRecord): boolean {
  if (record.kind === 'Source' || record.lease !== undefined || record.unsettledSince !== undefined) return true
  if (record.generation !== record.status.observedGeneration) return true
  if (record.kind !== 'Workload') return false
  if (record.intent === 'retire' || (record.runs ?? []).length > 0) return true
  return Object.entries(record.rotations ?? {}).some(([key, request]) => {
    const credential = record.credentials[key]
    return credential !== undefined && isOpen(credential, request)
  })
}
