import type { ActionBase, Installation, NamedCluster, Refusal } from './capability.ts'
import type { Failure } from './errors.ts'
import type { Ref } from './store.ts'

/**
 * The fleet is looked at in parts, each by one look that reads pages, whatever the number of workloads in it, and
 * starts work only for what differs.
 */

export type Shard =
  /** Image repositories, all in the control plane's own account and region. */
  | { readonly kind: 'registry'; readonly account: string; readonly region: string }
  /** Roles, associations, secrets, NATS accounts and tenancy of the clusters in one account and region. */
  | { readonly kind: 'place'; readonly account: string; readonly region: string }
  /** Manifests of all clusters that one branch of a cluster repository holds. */
  | { readonly kind: 'repository'; readonly url: string; readonly branch: string }

/** `place/111122223333/eu-west-1`, `repository/main/https://…`: unambiguous, and what people see. */
export function shardName(shard: Shard): string {
  if (shard.kind === 'repository') return `repository/${shard.branch.replaceAll('/', '%2F')}/${shard.url}`
  return `${shard.kind}/${shard.account}/${shard.region}`
}

/** What may differ from what is wanted. */
export const driftKinds = [
  'repository-deleted',
  'repository-changed',
  'role-deleted',
  'role-changed',
  'policy-changed',
  'trust-changed',
  'boundary-changed',
  'association-deleted',
  'association-changed',
  'secret-deleted',
  'secret-changed',
  'secret-tags-changed',
  'nats-account-changed',
  'nats-scope-changed',
  'manifest-deleted',
  'manifest-edited',
  'manifest-foreign',
  /** There, with our tag, and nobody declares it. */
  'orphan',
  /** What is on record as ours has lost our tag, or has another's. Never seized. */
  'disowned',
  /** No drift: something is due that a reconcile does (a renewal, a step that is left). */
  'due',
] as const
export type DriftKind = (typeof driftKinds)[number]

/** `report`: drift is found and told, and nothing is repaired. `paused`: not even looked at, and nothing is reconciled. */
export const fleetModes = ['repair', 'report', 'paused'] as const
export type FleetMode = (typeof fleetModes)[number]

/** The stricter of what the fleet and the System say. */
export function stricter(a: FleetMode, b: FleetMode): FleetMode {
  return fleetModes[Math.max(fleetModes.indexOf(a), fleetModes.indexOf(b))] ?? 'paused'
}

/** Something that differs. */
export interface Finding {
  readonly kind: DriftKind
  /** Whose it is; absent for an orphan. */
  readonly resource?: Ref<'Workload' | 'System'>
  readonly cluster?: string
  /** ARN, name or path. */
  readonly where: string
  /** For people: what differs, or what would be done about it. Never a secret value (P3). */
  readonly what: string
  /** `repairing`: a reconcile was asked for. Else why nothing is done about it. */
  readonly answer: 'repairing' | 'reported'
  readonly why?: string
  /** The capability that saw it; absent for manifests. */
  readonly capability?: string
  /** Seen by the deep sample, which looks where pages do not: a look without it does not say that it is gone. */
  readonly deep?: true
}

/** As it is on record. ISO 8601. */
export interface RecordedFinding extends Finding {
  readonly since: string
}

/** As it is on the record of a resource: with the name of the shard whose looks it comes from. */
export interface OpenFinding extends RecordedFinding {
  readonly shard: string
}

/** What a run made of a finding. `gone`: it is not there, and nothing was done about it. */
export type Closing = 'open' | 'repaired' | 'gone'

/** What a reconcile put right, last. */
export interface Repair {
  /** ISO 8601 */
  readonly at: string
  readonly findings: readonly OpenFinding[]
}

/** A record has many other things to hold; the report of the shard counts all. */
export const mostOpenFindings = 20

/**
 * Why something was not compared: its System or the fleet is paused, a reconcile is at work on it, one is due anyway
 * because of its spec, or one ended so recently that pages may be older than it.
 */
export const skipReasons = ['paused', 'underway', 'unsettled', 'recent'] as const
export type SkipReason = (typeof skipReasons)[number]

/** In milliseconds. What failed or waits is looked at again within less (flow/sweep.ts): that is not hurried. */
export const soon = 30 * 60_000

/** Pages of ListSecrets may be this old: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
export const pagesLag = 5 * 60_000

/** What one look at a shard saw. */
export interface ShardReport {
  readonly shard: Shard
  /** Of the fleet, when the look began. */
  readonly mode: FleetMode
  /** Placements (or workloads, in the registry) that were compared, and those that were not, by why. */
  readonly compared: number
  readonly skipped: Readonly<Record<SkipReason, number>>
  /** What could not be looked at: a capability as a whole, or what it would have said about one resource. */
  readonly failed: readonly FailedLook[]
  /** By kind, all of them; `findings` holds the first `mostFindings`. */
  readonly counts: Readonly<Partial<Record<DriftKind, number>>>
  readonly findings: readonly Finding[]
  /** Stopped by the brake (P9): no removal of this look was started; the message says why and what lets it go. */
  readonly braked?: string
  /** Ids of the workloads whose removal the brake holds; on record the first 500, for one go. */
  readonly held?: readonly string[]
  /** Of a place: what is used there of what AWS bounds, whosever it is. */
  readonly usage?: PlaceUsage
}

/** What is used of quotas in one account and region; absent is what could not be read. */
export interface PlaceUsage {
  /** IAM roles of the account, and how many it may have. */
  readonly roles?: { readonly used: number; readonly quota: number }
  /** Pod Identity associations, by Cluster. */
  readonly associations: Readonly<Record<string, number>>
  /** Argo CD Applications of this installation on record, by Cluster. */
  readonly applications: Readonly<Record<string, number>>
}

export interface FailedLook {
  readonly capability: string
  /** Of the first that could not be looked at, where it is not the capability as a whole. */
  readonly resource?: string
  readonly failure: Failure
  /** As many resources. */
  readonly resources?: number
}

/** An item of the store has 400 KB. */
export const mostFindings = 300

/**
 * A capability seen in bulk: the same `plan` as for one workload, fed from pages instead of single reads. What pages
 * lack is taken to be as desired where the tag `fairway:spec-hash` says that it was set so; a rotating deep sample
 * (`deep`) and change events cover it.
 */
export interface BulkObserver<Desired, Observed, Action extends ActionBase, Remote, Snapshot> {
  /** All of the place, page by page; reads only. Memory grows with what is ours in it, not with what is there. */
  snapshot(remote: Remote, place: BulkPlace): Promise<Snapshot>
  /**
   * Pure: what `observe` would have found. Throws what it would have thrown where a part of the place could not be
   * read (a NATS server that is silent): then there is nothing to say about this resource, and the others go on.
   */
  observed(desired: Desired, snapshot: Snapshot): Observed
  /**
   * The same with what pages lack read one by one, a few reads: for a sample. Reads only; absent where pages lack
   * nothing. `snapshot` is this look's.
   */
  deep?(desired: Desired, snapshot: Snapshot, remote: Remote): Promise<Observed>
  /**
   * Pure. Undefined: an action that mends nothing outside (it only puts something on record), or that belongs to
   * another one of the same plan, as configuring belongs to creating. `observed` is what the plan was made from.
   */
  drift(action: Action | Refusal, desired: Desired, observed: Observed): Pick<Finding, 'kind' | 'where'> | undefined
  /**
   * Pure: what pages cannot answer and a reconcile would look into, although `plan` proposes nothing for it; findings
   * of the kind `due`. Absent: there is nothing of the kind.
   */
  unread?(desired: Desired, observed: Observed): readonly Pick<Finding, 'kind' | 'where' | 'what'>[]
  /**
   * Pure: by environment, the image that placements are to run, as `deep` found it; whether they do, their records say.
   * Absent where it has no images.
   */
  images?(
    desired: Desired,
    observed: Observed,
  ): Readonly<Record<string, { readonly digest: string; readonly tag?: string }>>
  /** Pure: ids (as `owned` gives them) of what this resource accounts for, wanted, retained or on its way out. */
  accounts(desired: Desired): readonly string[]
  /** Pure: how much there is of what is bounded, whosever it is. Absent: nothing of that kind. */
  usage?(snapshot: Snapshot): Omit<PlaceUsage, 'applications'>
  /** Pure: everything in the snapshot with this installation's tag and a name of the kind that Fairway gives. */
  owned(snapshot: Snapshot): Iterable<OwnedThing>
}

export interface BulkPlace {
  readonly installation: Installation
  readonly account: string
  readonly region: string
  /** Clusters in it. */
  readonly clusters: readonly NamedCluster[]
}

export interface OwnedThing {
  readonly id: string
  /** For people: `IAM role fairway-…`. */
  readonly what: string
}

/** Looks and settings of the fleet, on record. */
export interface Fleet {
  /** Whoever has begun looks at the shard alone until `end`, or until `until` (epoch milliseconds) has passed. */
  begin(shard: Shard, holder: string, until: number): Promise<'begun' | 'running'>
  /**
   * Ends the look and puts its report on record; `since` of what was found before stays. Answers the report before.
   */
  end(shard: Shard, holder: string, report: ShardReport): Promise<RecordedReport | undefined>
  /** The last one of this shard; strongly consistent. */
  report(shard: Shard): Promise<RecordedReport | undefined>
  reports(): Promise<readonly RecordedReport[]>
  /**
   * Lets the removals that the brake holds now pass: the next look starts them, and the go does not outlast that. The
   * workloads that were let go; none when nothing is held.
   */
  release(shard: Shard, who: string): Promise<readonly string[]>
  /** Mode of the whole fleet; `repair` when nobody has said anything. */
  mode(): Promise<ModeSetting>
  setMode(mode: FleetMode, who: string, why?: string): Promise<void>
  /** What was set, the last first; the present one is the first. */
  modes(): Promise<readonly ModeSetting[]>
  /**
   * Whether these workloads of a source, or that a look found, may leave, asked one after the other by all sources and
   * looks: `whyNot` is told what left at others within `lately`, and where it has no objection these are on record as well. Answers its objection.
   */
  leave(
    source: string,
    workloads: readonly string[],
    whyNot: (elsewhere: readonly string[]) => string | undefined,
  ): Promise<string | undefined>
  /** So many new placements were admitted, by Cluster; counted until the next look at that place has ended. */
  admitted(place: Extract<Shard, { kind: 'place' }>, placements: Readonly<Record<string, Demand>>): Promise<void>
}

/** Milliseconds: what left within counts as one wave. */
export const lately = 3_600_000

/** What placements take of what is bounded. */
export interface Demand {
  readonly roles: number
  readonly associations: number
  readonly applications: number
}

export interface RecordedReport extends Omit<ShardReport, 'findings'> {
  readonly findings: readonly RecordedFinding[]
  /** ISO 8601, when the look ended. */
  readonly at: string
  /** What was admitted since, by Cluster. */
  readonly admitted?: Readonly<Record<string, Demand>>
  /** Somebody let these removals go since. */
  readonly released?: { readonly who: string; readonly at: string; readonly workloads: readonly string[] }
}

export interface ModeSetting {
  readonly mode: FleetMode
  readonly who?: string
  /** ISO 8601 */
  readonly since?: string
  readonly why?: string
}
