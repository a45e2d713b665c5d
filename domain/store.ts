import type { Ledger, Memory } from './capability.ts'
import type { Closing, Finding, OpenFinding } from './fleet.ts'
import type {
  Claim,
  ClusterRecord,
  Origin,
  Problem,
  RotationRequest,
  SourceRecord,
  Status,
  SystemRecord,
  WorkloadRecord,
} from './records.ts'

/** What the stages need of the store; `store/` implements it once, over the `Table` port. */

export interface RecordOf {
  readonly Workload: WorkloadRecord
  readonly System: SystemRecord
  readonly Cluster: ClusterRecord
  readonly Source: SourceRecord
}
export type AnyRecord = RecordOf[keyof RecordOf]

export interface Ref<Kind extends keyof RecordOf = keyof RecordOf> {
  readonly kind: Kind
  /** `quotes` for what is not a workload; `policy-admin/quotes` for a Workload. */
  readonly name: string
}

export interface Declaration {
  readonly ref: Ref
  readonly spec: unknown
  readonly origin: Origin
  /** Portal run that wants an answer about this workload. */
  readonly run?: string
  /** A person declares it: goes on record with what changes, and not where nothing does. */
  readonly audit?: Audit
}

/** Who did what; the time is the store's. */
export interface Audit {
  readonly who: string
  readonly what: string
}

/** No change is a result, not an error. */
export type Admission =
  | { readonly result: 'created' | 'updated' | 'unchanged' | 'revived'; readonly record: AnyRecord }
  /** Another origin owns the spec; it is changed there, or moved with `fairway transfer`. */
  | { readonly result: 'refused'; readonly owner: Origin }

/**
 * What waits because its System or the fleet is paused is due then, in the year 9999: not before somebody says
 * otherwise, and still in the index of what waits.
 */
export const parkedAt = 253_370_764_800_000

/** Due since then, epoch milliseconds. */
export interface Waiting {
  readonly ref: Ref
  readonly at: number
}

export interface Leases {
  /**
   * Takes the lease when it is free, overdue, or already this holder's; the fence grows with each new holder.
   * Otherwise marks the resource dirty and says so (`coalesced`). `absent` when there is no such resource.
   */
  acquire<Kind extends keyof RecordOf>(
    ref: Ref<Kind>,
    holder: string,
  ): Promise<
    | { readonly result: 'acquired'; readonly fence: number; readonly record: RecordOf[Kind] }
    | { readonly result: 'coalesced' | 'absent' }
  >
  /**
   * Reads the record and makes sure that this fence holds it for longer than one function may take, renewing it for
   * the lease's full term when less is left. An old fence is a `Conflict`.
   */
  hold<Kind extends keyof RecordOf>(ref: Ref<Kind>, fence: number): Promise<RecordOf[Kind]>
  /**
   * One conditional write on fence and not dirty. `again` when something changed meanwhile: the lease is still held,
   * the holder goes round. Until it has read the record (`hold`, or `acquire` by the same name) the answer stays
   * `again`, so that a retried call loses nothing; likewise `released` stays `released` until somebody else acquires.
   * `due`: when the sweep shall look next; absent when settled.
   */
  release(ref: Ref, fence: number, due?: number): Promise<'released' | 'again'>
  /** What is under a lease now, `most` of it; eventually consistent. */
  held(most: number): Promise<readonly AnyRecord[]>
}

/** A portal request or webhook delivery that is taken once. */
export interface Once {
  /** `new`: take it. `seen`: it was confirmed before, or is being taken right now. */
  begin(id: string): Promise<'new' | 'seen'>
  /** After its event was published. */
  confirm(id: string): Promise<void>
  /** Publishing failed: the next delivery may take it. */
  abandon(id: string): Promise<void>
}

/** Portal runs that were verified and wait to be read back and admitted. */
export interface Requests {
  add(source: string, run: string): Promise<'new' | 'seen'>
  pending(source: string): Promise<readonly string[]>
  /** Answered, for good. A run id is used once: adding it again is `seen`. */
  close(source: string, run: string): Promise<void>
}

export interface Store {
  readonly leases: Leases
  readonly deliveries: Once
  readonly requests: Requests

  get<Kind extends keyof RecordOf>(ref: Ref<Kind>): Promise<RecordOf[Kind] | undefined>
  /** One round trip for up to 100; missing ones are left out. */
  getMany<Kind extends keyof RecordOf>(refs: readonly Ref<Kind>[]): Promise<readonly RecordOf[Kind][]>
  /** All of a kind, or those whose name begins with `prefix`; tombstones included, eventually consistent. */
  list<Kind extends keyof RecordOf>(
    kind: Kind,
    options?: { readonly prefix?: string },
  ): Promise<readonly RecordOf[Kind][]>
  /**
   * The same in parts, in order of name. A part may hold fewer than `limit`, and none, with more to come: the last one
   * is the one without a cursor. A cursor that is none of these is Terminal.
   */
  page<Kind extends keyof RecordOf>(
    kind: Kind,
    options: { readonly limit: number; readonly cursor?: string; readonly prefix?: string },
  ): Promise<{ readonly records: readonly RecordOf[Kind][]; readonly cursor?: string }>
  /** What the sweep should look at, earliest first. */
  due(until: number, limit: number): Promise<readonly Ref[]>
  /**
   * Records that are due, or held until, from `from` (absent: whatever is earlier) to `until`, earliest first; not more
   * than `limit`.
   */
  attention(range: { readonly from?: number; readonly until: number }, limit: number): Promise<readonly AnyRecord[]>
  /**
   * The same without reading the records: as an index has it, which may be older than they are. Earliest first.
   */
  waiting(until: number, limit: number): Promise<readonly Waiting[]>
  /** What is due at `parkedAt`, as the index has it. */
  parked(limit: number): Promise<readonly Ref[]>

  /**
   * Admits a validated, authorised spec. Creates (also from a tombstone: next incarnation), changes (next
   * generation, dirty, due now), or finds it unchanged and writes nothing, but for a new path of its manifest and a
   * run that is not yet on record. Declaring what is being retired cancels the retirement. Two origins racing: one
   * wins, the other is refused.
   */
  declare(declaration: Declaration): Promise<Admission>
  /** Marks for retirement; idempotent. Undefined when there is nothing to retire. */
  retire(ref: Ref<'Workload'>, audit: Audit): Promise<WorkloadRecord | undefined>
  /** Lets these removals of a source pass the brake (P9); the next reading retires them. */
  releaseBrake(source: string, workloads: readonly string[], audit: { readonly who: string }): Promise<void>
  /** Origin moves: the next declaration from there is admitted. */
  transfer(ref: Ref<'Workload'>, to: string, audit: Audit): Promise<void>
  /** Due now and dirty: the next reconcile looks, or the running one goes round. */
  touch(ref: Ref): Promise<void>
  /**
   * A person asks to have it looked at: goes on record, and whoever holds the lease goes round again. Answers the
   * record as it is then.
   */
  ask<Kind extends keyof RecordOf>(ref: Ref<Kind>, audit: Audit): Promise<RecordOf[Kind]>
  /**
   * What one shard's look found to differ here, all of it; what other shards found stays. A finding that is on record
   * keeps its time. With `wake` it becomes due now. Needs no lease, and writes nothing when it says nothing new and
   * somebody looks anyway; nothing either of what is gone. `keep` says of what is on record and was not found whether
   * it stays, because this look could not see it.
   */
  drifted(
    ref: Ref<'Workload' | 'System'>,
    found: {
      readonly shard: string
      readonly findings: readonly Finding[]
      readonly wake: boolean
      readonly keep?: (finding: Finding) => boolean
      /** Names of all shards that there are: findings of others go, because nobody looks there any more. */
      readonly shards?: ReadonlySet<string>
    },
  ): Promise<'updated' | 'unchanged'>
  /** Records an explicit `adopt`: the claim that lets the next reconcile take over what exists. */
  adopt(ref: Ref<'Workload'>, claims: Readonly<Record<string, Claim>>, audit: Audit): Promise<void>
  /**
   * The table was lost: until one reconcile came through, what carries the name and this installation's tag is ours.
   * Its incarnation becomes this one, unless it is a later one already.
   */
  restore(ref: Ref<'Workload' | 'System'>, incarnation: number, audit: Audit): Promise<void>
  /** What is declared for the first time from now on begins with this incarnation, or a higher one. */
  beginAt(incarnation: number): Promise<void>

  /** Records what is asked of credentials, by `<cluster>/<entry>`: dirty and due, the next reconcile carries it out. */
  rotate(
    ref: Ref<'Workload'>,
    requests: Readonly<Record<string, RotationRequest>>,
    audit: { readonly who: string; readonly what: string },
  ): Promise<void>

  /**
   * Writes status, and what was reported where, if anything differs (P1); says whether it did. Times of conditions
   * and errors stay while these say the same. `Ready` of an older generation is written as `Pending` (P10).
   * `answered`: runs that have their answer and are taken off the record. `drift` says what the run made of each
   * finding on record: all that was put right goes to `repaired`. An old fence is a `Conflict`.
   */
  report(
    ref: Ref,
    fence: number,
    status: Status,
    reported: Readonly<Record<string, string>>,
    answered?: readonly string[],
    drift?: (finding: OpenFinding) => Closing,
  ): Promise<'updated' | 'unchanged'>
  /** What reading a source found; written only when it differs. */
  reportSource(
    name: string,
    fence: number,
    found: {
      readonly head?: string
      readonly declared: readonly string[]
      readonly problems: readonly Problem[]
      readonly braked: readonly string[]
      readonly brakedWhy?: string
      readonly removed?: readonly string[]
    },
  ): Promise<void>
  /**
   * What is shown where beside this commit of the source, so that it is not shown again. Needs no lease, and writes
   * nothing when it is on record already, or when another commit was read since.
   */
  checked(source: string, commit: string, reported: Readonly<Record<string, string>>): Promise<void>
  /**
   * A placement's Application is about to be removed, or was, by this commit. Said before the push, so that a
   * confirmation finds it even when the push's answer is late or lost. An old fence is a `Conflict`.
   */
  removing(ref: Ref<'Workload'>, fence: number, cluster: string, commit?: string): Promise<void>
  /** Somebody confirms that the objects are gone; idempotent, dirty. False when no removal is on record. */
  confirmRemoval(ref: Ref<'Workload'>, cluster: string, by: string, audit?: Audit): Promise<boolean>
  /**
   * What was to leave is on the branch again: drops the removal alone, so that an old confirmation does not serve for
   * the next time. An old fence is a `Conflict`.
   */
  cancelRemoval(ref: Ref<'Workload'>, fence: number, cluster: string): Promise<void>
  /** A placement is gone: drops its removal and placement status. An old fence is a `Conflict`. */
  removed(ref: Ref<'Workload'>, fence: number, cluster: string): Promise<void>
  /**
   * Keeps incarnation, last credential generations and the claims that are left, drops the rest, and ends the lease:
   * what is to be reported is reported before. An old fence is a `Conflict`, as is what was declared again.
   */
  bury(ref: Ref, fence: number): Promise<void>

  /** Bound to one capability and cluster (`-` for what is per workload) of one resource. */
  ledger(ref: Ref, fence: number, capability: string, cluster: string): Ledger
}

/** What is remembered of one capability in one cluster, out of the record's flat maps. */
export function memoryOf(
  record: Pick<WorkloadRecord, 'claims'> &
    Partial<Pick<WorkloadRecord, 'credentials' | 'rotations' | 'status'>> & { readonly restoring?: true },
  capability: string,
  cluster: string,
): Memory {
  return {
    claims: under(record.claims, `${capability}/${cluster}/`),
    credentials: under(record.credentials ?? {}, `${cluster}/`),
    rotations: under(record.rotations ?? {}, `${cluster}/`),
    pins: record.status?.placements[cluster]?.pins ?? {},
    ...(record.restoring ? { restoring: true } : {}),
  }
}

function under<Value>(map: Readonly<Record<string, Value>>, prefix: string): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(map)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  )
}
