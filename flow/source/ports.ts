import type { Clock } from '../../domain/effects.ts'
import type { EventBus } from '../../domain/events.ts'
import type { SourceFile, SourceReader } from '../../domain/git.ts'
import type { FormRequest, Portal, PortalRun } from '../../domain/portal.ts'
import type { Problem, ResourceKind } from '../../domain/records.ts'
import type { Admission, AnyRecord, Store } from '../../domain/store.ts'

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
export type Validate = (
  files: readonly SourceFile[],
  source: string,
) => Promise<{ readonly resources: readonly Valid[]; readonly problems: readonly Problem[] }>

export interface ReadingPorts {
  readonly store: Store
  readonly reader: SourceReader
  readonly portal: Portal
  readonly bus: EventBus
  readonly clock: Pick<Clock, 'now'>
  readonly validate: Validate
  readonly form: FormToManifest
  readonly brake: Brake
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

/** Stops when more would go than this (P9). */
export interface Brake {
  /** Workloads that one reading of a source may retire without an explicit go. */
  readonly workloads: number
}

export interface Admitted {
  readonly resource: Valid
  readonly result: Admission['result']
  /** As it is now; of those that were not refused. */
  readonly record?: AnyRecord
  readonly problem?: Problem
}
