import type { FailedLook, Finding, PlaceUsage } from '../../domain/fleet.ts'
import type { SystemRecord, WorkloadRecord } from '../../domain/records.ts'

/** A finding before it is decided what is done about it. `fix`: nothing is, and this is what a person can do. */
export interface Found extends Omit<Finding, 'answer' | 'why'> {
  readonly fix?: string
}

/** What one look compares the records with: pages of capabilities, or a branch. Nothing here writes. */
export interface Comparison {
  /** How many placements (in the registry: workloads) of this record are looked at here. */
  size(record: WorkloadRecord | SystemRecord): number
  /** It is there, and is not compared: what it has is no orphan. The others say so themselves. */
  accountFor(record: WorkloadRecord | SystemRecord): void
  /** What differs from what is wanted of it here. */
  compare(record: WorkloadRecord | SystemRecord, now: number): readonly Found[]
  /** What is left of it here although it is not wanted here any more. */
  leftovers(record: WorkloadRecord | SystemRecord, now: number): readonly Found[]
  /** What nobody accounts for, after every record was given. `known`: as the look before reported it. */
  orphans(known: (finding: Found) => boolean): Promise<readonly Found[]>
  /** Those of the records with findings that still have them after another, later reading. */
  confirm(found: readonly Differing[]): Promise<readonly Differing[]>
  /** One record with what pages lack; undefined where they lack nothing. */
  readonly deep?: ((record: WorkloadRecord, now: number) => Promise<readonly Found[]>) | undefined
  /** Clusters of the place that have Argo CD Applications of this record, each as often as there are. */
  readonly applications?: (record: WorkloadRecord | SystemRecord) => readonly string[]
  /** How much there is of what is bounded in the place; undefined where that could not be read. */
  readonly usage?: (() => Omit<PlaceUsage, 'applications'> | undefined) | undefined
  /** What could not be looked at. */
  failures(): readonly FailedLook[]
}

export interface Differing {
  readonly record: WorkloadRecord | SystemRecord
  readonly found: readonly Found[]
}
