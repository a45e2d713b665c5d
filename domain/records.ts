import type { Failure } from './errors.ts'
import type { OpenFinding, Repair } from './fleet.ts'

/** What the store remembers, apart from the resource itself. Plain JSON; never a secret value (P3). */

/** Held per resource while it is worked on. `fence` only grows; writes of an old holder are refused by it. */
export interface Lease {
  /** The execution that holds it; taking it again with the same name is the same holder. */
  readonly holder: string
  readonly fence: number
  /** Epoch milliseconds. */
  readonly until: number
}

export type ResourceKind = 'System' | 'Cluster' | 'Source' | 'Workload'

/** Where a resource's spec came from. The first origin owns the spec. */
export interface Origin {
  /** Name of the Source. */
  readonly source: string
  readonly path?: string
  readonly line?: number
  /** The commit (or portal run) that declared the spec as it is; a later one that says the same, or moves it, is none. */
  readonly revision?: string
}

export type Phase = 'Pending' | 'AwaitingImage' | 'AwaitingSecret' | 'Ready' | 'Failed' | 'Retiring' | 'Retired'

/** Kubernetes-shaped. `capability` is a folder under capabilities/, or a stage: commit, admission, roll-back. */
export interface Condition {
  readonly capability: string
  /** Absent for what is per workload. */
  readonly cluster?: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** ISO 8601, when `status` or `reason` last changed. */
  readonly since: string
}

/** Ownership, recorded before the thing is made: a tag alone is never acted on (P5). */
export interface Claim {
  /** ARN where it is known beforehand, else the name; replaced by the ARN once observed. */
  readonly id: string
  readonly incarnation: number
  readonly adopted?: true
  /**
   * Left behind on purpose, and nothing more to remove: a secret in its recovery window, a repository that is kept.
   * The claim stays so that a workload that comes back may have it again.
   */
  readonly retained?: true
}

/** Metadata of a credential or another versioned secret entry. The value is in Secrets Manager only. */
export interface Credential {
  readonly kind: 'nats' | 'generated' | 'placeholder'
  readonly generation: number
  /** `issuing`: begun, and not yet what `AWSCURRENT` stands on; the last of `previous` is still the one in use. */
  readonly state: 'issuing' | 'current'
  readonly versionId: string
  /** The highest generation that was ever begun, where that is not this one; survives deletion (tombstone). */
  readonly highest?: number
  /** Other generations that still work, and stay delivered until nobody uses them: replaced earliest first. */
  readonly previous?: readonly PreviousGeneration[]
  /** Why this generation was minted: `absent`, `expiry`, `requested`, `issuer`, `lost`. */
  readonly reason?: string
  /** Epoch milliseconds from which it is renewed; absent for what does not expire. */
  readonly renewAt?: number
  /** NATS: user and issuer public keys, epoch seconds of issue and expiry. */
  readonly publicKey?: string
  readonly issuer?: string
  readonly issuedAt?: number
  readonly expiresAt?: number
  /** JSON keys that this version is known to hold, of those that were declared. Names, never values. */
  readonly keys?: readonly string[]
  /** Placeholder: a later version that was looked into once and lacks keys, so that it is not read again. */
  readonly incomplete?: {
    readonly versionId: string
    readonly asked: readonly string[]
    readonly missing: readonly string[]
  }
}

/** A generation in its overlap: replaced, and not yet ended. */
export type PreviousGeneration = Pick<
  Credential,
  'generation' | 'versionId' | 'publicKey' | 'issuer' | 'issuedAt' | 'expiresAt' | 'renewAt' | 'keys'
>

/** The version of an entry that a branch has the pods start with, and since when (epoch milliseconds). */
export interface Pin {
  readonly versionId: string
  readonly since: number
}

/**
 * What somebody asked of one credential. Operations write it, the holder of the lease reads it; it is carried out
 * once `highest` (for a roll-back, `generation`) says so, and then only history.
 */
export interface RotationRequest {
  readonly kind: 'rotate' | 'roll-back'
  /** `highest` when it was asked. */
  readonly above: number
  /** For a roll-back. */
  readonly to?: number
  /** NATS: public key of the issuing key that is to be replaced along with it. */
  readonly issuer?: string
  /** Without overlap: what was in use before is refused at once. */
  readonly now?: true
}

/** A placement as last committed. */
export interface PlacementStatus {
  readonly commit: string
  /** The commit's repository, as the Cluster names it. */
  readonly repository: string
  /** A workload object (Deployment or CronJob) is on the branch: it is not taken away because an input is missing. */
  readonly deployed: boolean
  readonly digest?: string
  /** By entry. The overlap of what was pinned before counts from `since`. */
  readonly pins?: Readonly<Record<string, Pin>>
}

export interface Status {
  readonly phase: Phase
  readonly observedGeneration: number
  readonly conditions: readonly Condition[]
  /** By cluster. */
  readonly placements: Readonly<Record<string, PlacementStatus>>
  /** By capability, or `capability/cluster`: ARNs, names, version ids, digests. */
  readonly outputs: Readonly<Record<string, unknown>>
  readonly error?: Failure & { readonly at: string }
}

export interface Removal {
  /** The commit without its Application. Not known before the push is answered; the confirmation may be faster. */
  readonly commit?: string
  readonly since: string
  /** `argocd` for a signed notification, else the operator. */
  readonly confirmed?: string
}

interface Managed {
  readonly key: string
  readonly revision: number
  readonly kind: ResourceKind
  readonly name: string
  /** Validated; absent in a tombstone. */
  readonly spec?: unknown
  readonly specHash: string
  /** Grows with each change of the spec. */
  readonly generation: number
  /** Grows with each creation after a deletion. */
  readonly incarnation: number
  readonly origin: Origin
  readonly status: Status
  readonly lease?: Lease
  /** Last fence that was given out. */
  readonly fence: number
  /** Something changed while a lease was held: the holder goes round again. */
  readonly dirty?: boolean
  /** Epoch milliseconds: when the sweep should look; absent when nothing is due. */
  readonly attentionAt?: number
  /**
   * Epoch milliseconds: since when Fairway owes something to a Workload or System, that is, since it is neither Ready,
   * nor retired, nor waits for an image, a secret or the confirmation of a removal. Absent when nothing is owed.
   */
  readonly unsettledSince?: number
  /**
   * The table was lost, and a person said so (`fairway restore`): what carries the name and this installation's tag is
   * ours without being on record. Until one reconcile came through.
   */
  readonly restoring?: true
  /** What looks at the fleet found to differ and no reconcile has put right yet. Absent when nothing does. */
  readonly drift?: readonly OpenFinding[]
  /** What of it was put right last. */
  readonly repaired?: Repair
  /** By channel (`port`): hash of what was last reported there, so that nothing is reported twice. */
  readonly reported: Readonly<Record<string, string>>
  /** What people did to it, oldest first: who (an ARN, or the local user), when (ISO 8601), what. */
  readonly audit?: readonly { readonly at: string; readonly who: string; readonly what: string }[]
}

export interface WorkloadRecord extends Managed {
  readonly kind: 'Workload'
  readonly system: string
  /** `retire` from the moment its removal was accepted until the tombstone. */
  readonly intent: 'present' | 'retire'
  /** By `<capability>/<cluster or ->/<what>`. */
  readonly claims: Readonly<Record<string, Claim>>
  /** By `<cluster>/<entry>`. */
  readonly credentials: Readonly<Record<string, Credential>>
  /** By `<cluster>/<entry>`: the last one that was asked for. */
  readonly rotations?: Readonly<Record<string, RotationRequest>>
  /** By cluster it leaves: the commit that removed its Application, and who confirmed that its objects are gone. */
  readonly removals?: Readonly<Record<string, Removal>>
  /** Portal runs that wait for an answer about this workload. */
  readonly runs?: readonly string[]
}

export interface SystemRecord extends Managed {
  readonly kind: 'System'
  readonly claims: Readonly<Record<string, Claim>>
}

export interface ClusterRecord extends Managed {
  readonly kind: 'Cluster'
}

/** A problem of a manifest, as answered where it was submitted (P7). Lines and columns count from 1. */
export interface Problem {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  /** The resource it is about, where that much could be read: `Workload policy-admin/quotes`. */
  readonly resource?: string
}

export interface SourceRecord extends Managed {
  readonly kind: 'Source'
  /** Head that was last read, and what was wrong with it. */
  readonly head?: string
  /** Ids of the workloads it declares: what is here and no longer in the source was removed there. */
  readonly declared: readonly string[]
  readonly problems: readonly Problem[]
  /** Workload ids that `head` no longer declares and that were retired for it. */
  readonly removed?: readonly string[]
  /** Workload ids whose removal waits for an explicit go (P9). */
  readonly braked: readonly string[]
  /** Why these wait. */
  readonly brakedWhy?: string
  /** Those that somebody has let go since. */
  readonly released?: readonly string[]
}
