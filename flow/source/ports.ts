import type { Clock } from '../../domain/effects.ts'
import type { EventBus } from '../../domain/events.ts'
import type { SourceFile, SourceReader } from '../../domain/git.ts'
import type { FormRequest, Portal, PortalRun } from '../../domain/portal.ts'
import type { Demand, Fleet, Shard } from '../../domain/fleet.ts'
import type { Problem, ResourceKind } from '../../domain/records.ts'
import type { Admission, AnyRecord, Store } from '../../domain/store.ts'
import type { BrakeLimits } from '../brake.ts'

/** A validated, authorised resource with its place in the source. */
export interface Valid {
  readonly kind: ResourceKind
  /** As in `Ref`: `policy-admin/quotes` for a Workload. */
  readonly name: string
  readonly spec: unknown
  readonly file: string
  readonly line: number
}

/** Validates and authorises (P7, P8) files of one source, against the platform as the store has it. */
export type Validate = (files: readonly SourceFile[], source: string) => Promise<Validated>

export interface Validated {
  readonly resources: readonly Valid[]
  readonly problems: readonly Problem[]
  /** What these workloads take, where it is counted; to be put on record once they are admitted. Pure. */
  readonly takes?: (workloads: readonly string[]) => readonly Taken[]
}

/** In one account and region, by Cluster. */
export interface Taken {
  readonly place: Extract<Shard, { kind: 'place' }>
  readonly placements: Readonly<Record<string, Demand>>
}

export interface ReadingPorts {
  readonly store: Store
  readonly reader: SourceReader
  readonly portal: Portal
  readonly bus: EventBus
  readonly clock: Pick<Clock, 'now'>
  readonly validate: Validate
  readonly form: FormToManifest
  readonly brake: Brake
  readonly fleet: Fleet
}

export interface ReadResult {
  readonly result: 'unchanged' | 'admitted' | 'problems'
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly removed: number
  readonly braked: number
  readonly problems: number
  /** Epoch milliseconds for the release; null: the schedule looks again anyway. */
  readonly due: null
  /** The commit whose check run does not say what this reading found; null when there is nothing to show. */
  readonly check: string | null
}

export type FormToManifest = (run: PortalRun) => FormRequest

/** Stops when more would go than this (P9). `workloads`: that one reading of a source may retire unasked. */
export type Brake = Required<BrakeLimits>

export interface Admitted {
  readonly resource: Valid
  readonly result: Admission['result']
  /** As it is now; of those that were not refused. */
  readonly record?: AnyRecord
  readonly problem?: Problem
}
