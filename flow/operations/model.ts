import type { Installation } from '../../domain/capability.ts'
import type { Failure } from '../../domain/errors.ts'
import type {
  DriftKind,
  FleetMode,
  ModeSetting,
  RecordedFinding,
  RecordedReport,
  ShardReport,
} from '../../domain/fleet.ts'
import type { SourceFile } from '../../domain/git.ts'
import type { Phase, Problem, SourceRecord, Status, SystemRecord, WorkloadRecord } from '../../domain/records.ts'
import type { Ref } from '../../domain/store.ts'
import type { Diagnosis } from '../doctor/doctor.ts'
import type { Mode } from '../modes.ts'

/** What a person asks for: authorised by AWS (or by the local control plane's own token), audited on the resource. */
export type Operation =
  | { readonly operation: 'apply'; readonly files: readonly SourceFile[] }
  | ({ readonly operation: 'status' } & StatusQuery)
  | { readonly operation: 'reconcile'; readonly workload: string }
  | { readonly operation: 'retire'; readonly workload: string; readonly confirm?: string }
  | ({ readonly operation: 'rotate' } & RotateRequest)
  /** `key` as the refusal names it: `<capability>/<cluster or ->/<what>`; `id` the ARN or name of what is there. */
  | { readonly operation: 'adopt'; readonly workload: string; readonly key: string; readonly id: string }
  | { readonly operation: 'transfer'; readonly workload: string; readonly to: string }
  /** One of: a Source, or a part of the fleet by its name (`shardName`). */
  | { readonly operation: 'go'; readonly source?: string; readonly shard?: string }
  | { readonly operation: 'mode'; readonly mode: FleetMode; readonly why?: string }
  | ({ readonly operation: 'drift' } & DriftQuery)
  /** Has a part of the fleet looked at now; all of them when none is named. */
  | { readonly operation: 'look'; readonly shard?: string }

/** New generations of credentials. One of: those of a workload, those of every role of a NATS account. */
export interface RotateRequest {
  readonly workload?: string
  /** `<system>/<environment>` */
  readonly account?: string
  /** Only there, and only this one; otherwise all that Fairway makes. */
  readonly cluster?: string
  readonly entry?: string
  /** NATS: the role's issuing key as well. */
  readonly key?: boolean
  /** Without overlap. */
  readonly now?: boolean
  /** Back to this generation, of the one credential that is chosen. */
  readonly to?: number
}

/** Looks at the installation and not at what it manages; a function of its own answers it (flow/doctor). */
export interface DoctorRequest {
  readonly operation: 'doctor'
  readonly cluster?: string
}

/** After the table was lost (flow/restore.ts): a function of its own as well. */
export interface RestoreRequest {
  readonly operation: 'restore'
  /** The installation's name, so that nobody does it by accident. */
  readonly confirm: string
  /** Where the part before ended. */
  readonly cursor?: string
}

/** Whatever goes over the operations API. */
export type Asked = Operation | DoctorRequest | RestoreRequest

/** Each is a route of its own, so that IAM can allow one and not another. */
export const operationNames = [
  'apply',
  'status',
  'reconcile',
  'retire',
  'rotate',
  'adopt',
  'transfer',
  'go',
  'mode',
  'drift',
  'look',
  'doctor',
  'restore',
] as const

export interface DriftQuery {
  readonly kind?: DriftKind
  /** Only what is this System's or its workloads'. */
  readonly system?: string
  /** Without findings: when everything was looked at, for who waits for a look. */
  readonly brief?: true
  /** Where the part before ended. */
  readonly cursor?: string
}

/**
 * One of: everything about one workload (`name`), how far some have come (`of`), how everything is reconciled (`modes`),
 * or one part of the list.
 */
export interface StatusQuery {
  readonly name?: string
  readonly modes?: true
  readonly of?: readonly Ref<Followed>[]
  /** Only this System and its workloads. */
  readonly system?: string
  /** Only workloads in one of these phases; all are counted. */
  readonly phases?: readonly Phase[]
  /** Where the part before ended. */
  readonly cursor?: string
}

export interface Operated {
  readonly result: 'done' | 'refused' | 'unchanged'
  readonly message: string
  readonly problems?: readonly Problem[]
  /** Everything about one workload. */
  readonly workload?: WorkloadRecord
  /** With `workload`: how long its replaced credentials go on working, in milliseconds. */
  readonly overlap?: Installation['overlap']
  /** With `workload`: where it is not simply repaired. */
  readonly mode?: Mode
  /** With `modes`. */
  readonly modes?: ModesReport
  readonly drift?: DriftReport
  /** Parts of the fleet that will be looked at, each with when it was looked at before. */
  readonly looks?: readonly { readonly shard: string; readonly before?: string }[]
  readonly status?: StatusReport
  readonly progress?: readonly Progress[]
  /** What this set off; `progress` tells how far it has come. */
  readonly started?: readonly Started[]
  readonly diagnosis?: Diagnosis
  /** There is more to do: the same again from here. */
  readonly cursor?: string
}

/** Fleets have 10,000 workloads and an answer of a function has 6 MB: in parts, each resource in short. */
export interface StatusReport {
  readonly systems: readonly SystemSummary[]
  readonly sources: readonly SourceSummary[]
  readonly workloads: readonly WorkloadSummary[]
  /** Of this part, before `phases` is looked at. */
  readonly counts: Readonly<Partial<Record<Phase, number>>>
  /** Where it is not simply repaired; in the first part. */
  readonly fleet?: ModeSetting
  /** There is more. */
  readonly cursor?: string
}

type StatusSummary = Pick<Status, 'phase' | 'observedGeneration' | 'error'>

export type WorkloadSummary = Pick<
  WorkloadRecord,
  'name' | 'system' | 'generation' | 'incarnation' | 'intent' | 'origin'
> & { readonly status: StatusSummary }

export type SystemSummary = Pick<SystemRecord, 'name' | 'generation'> & {
  readonly status: StatusSummary
  /** As it says itself; absent for `repair`. */
  readonly reconcile?: FleetMode
}

export interface ModesReport {
  /** Of the fleet. */
  readonly setting: ModeSetting
  /** What was set before, the last first. */
  readonly before: readonly ModeSetting[]
  /** Systems that say something else than `repair`. */
  readonly systems: readonly { readonly name: string; readonly reconcile: FleetMode }[]
}

/** What the last looks at the fleet found, in parts; in order of the names of what was looked at. */
export interface DriftReport {
  readonly fleet: ModeSetting
  readonly shards: readonly ShardDrift[]
  /** There is more. */
  readonly cursor?: string
}

/** A part of the fleet. Absent members: nobody has looked at it yet. */
export interface ShardDrift {
  readonly shard: string
  /** ISO 8601, when the last look ended, and the fleet's mode when it began. */
  readonly at?: string
  readonly mode?: FleetMode
  readonly compared?: number
  readonly skipped?: ShardReport['skipped']
  readonly failed?: ShardReport['failed']
  /** By kind, all that the look found. */
  readonly counts?: ShardReport['counts']
  readonly findings: readonly DriftFinding[]
  /** Why the brake holds removals, which ones, and who let them go since. */
  readonly braked?: string
  readonly held?: readonly string[]
  readonly released?: RecordedReport['released']
}

/**
 * `repairing`: a reconcile was asked for. `repaired`: it put it right, at `repairedAt`. `reported`: nothing is done, and
 * `why` says why not. `gone`: it was not there any more when a reconcile looked.
 */
export interface DriftFinding extends RecordedFinding {
  readonly state: 'repairing' | 'repaired' | 'reported' | 'gone'
  readonly repairedAt?: string
}

export type SourceSummary = Pick<SourceRecord, 'name' | 'head' | 'problems' | 'braked' | 'brakedWhy'> & {
  /** How many there are, where not all are listed. */
  readonly problemCount: number
  readonly brakedCount: number
}

/** What has a state to wait for. */
export type Followed = 'Workload' | 'System'

export interface Started extends Ref<Followed> {
  readonly generation: number
  /** What counts was done under this fence, or a later one. */
  readonly fence: number
}

export interface Progress extends Ref<Followed> {
  readonly phase: Phase
  readonly generation: number
  readonly observedGeneration: number
  readonly fence: number
  /** Somebody works on it, or will go round again. */
  readonly busy: boolean
  /** It waits until somebody resumes it. */
  readonly paused?: true
  readonly error?: Failure
  /** Messages of what is not as it should be. */
  readonly messages: readonly string[]
}
