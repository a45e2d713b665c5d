import { parseWorkloadId } from '../domain/names.ts'
import type { Lease, Status } from '../domain/records.ts'
import type { AnyRecord, Ref } from '../domain/store.ts'
import type { Item, Json } from '../domain/table.ts'

/**
 * How a record lies in its item. The same attributes, except:
 * - `lease` is the two attributes `holder` and `until`, its fence is `fence`: one update can then take it;
 * - `again` is there from a release that answered `again` until the holder has read the record;
 * - `runs`, `released` and `audit` are maps, so that several can write to them without losing each other.
 */
export interface Stored extends Item {
  readonly name: string
  readonly spec?: Json
  readonly specHash: string
  readonly generation: number
  readonly incarnation: number
  readonly fence: number
  readonly origin: { readonly source: string; readonly [name: string]: Json | undefined }
  readonly holder?: string
  readonly until?: number
  readonly dirty?: boolean
  readonly again?: boolean
  readonly attentionAt?: number
  readonly unsettledSince?: number
  readonly restoring?: boolean
  readonly intent?: 'present' | 'retire'
  /** By run: epoch milliseconds when it was added. */
  readonly runs?: { readonly [run: string]: number }
  readonly removals?: {
    readonly [cluster: string]: { readonly commit?: string; readonly since: string; readonly confirmed?: string }
  }
  /** By workload: epoch milliseconds when it was let go. */
  readonly released?: { readonly [workload: string]: number }
  readonly audit?: { readonly [id: string]: Json }
}

export function keyOf(ref: Ref): string {
  return `${ref.kind}/${ref.name}`
}

export function refOf(key: string): Ref {
  const slash = key.indexOf('/')
  return { kind: key.slice(0, slash) as Ref['kind'], name: key.slice(slash + 1) }
}

/** Undefined when there is no such resource, also when there is only its tombstone. */
export function living(item: Item | undefined): Stored | undefined {
  return item === undefined || isTombstone(item) ? undefined : (item as Stored)
}

export function isTombstone(item: Item): boolean {
  return item['spec'] === undefined
}

export function toRecord(item: Item): AnyRecord {
  const { holder, until, again: _again, runs, released, audit, ...rest } = item as Stored
  const lease: Lease | undefined =
    holder === undefined || until === undefined ? undefined : { holder, fence: rest.fence, until }
  const waiting = Object.entries(runs ?? {}).sort(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1))
  const operations = Object.entries(audit ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const record = {
    ...rest,
    ...(lease ? { lease } : {}),
    ...(waiting.length > 0 ? { runs: waiting.map(([run]) => run) } : {}),
    ...(released ? { released: Object.keys(released).sort() } : {}),
    ...(operations.length > 0 ? { audit: operations.map(([, entry]) => entry) } : {}),
  }
  return record as unknown as AnyRecord
}

export const untouched: Status = {
  phase: 'Pending',
  observedGeneration: 0,
  conditions: [],
  placements: {},
  outputs: {},
}

/** What a record of this kind has besides the spec, when it is declared for the first time. */
export function freshAttributes(ref: Ref): Record<string, Json> {
  const common = { kind: ref.kind, name: ref.name, fence: 0, status: asJson(untouched), reported: {}, audit: {} }
  switch (ref.kind) {
    case 'Workload': {
      const { system } = parseWorkloadId(ref.name)
      const none = { claims: {}, credentials: {}, rotations: {}, removals: {}, runs: {} }
      return { ...common, ...none, system, intent: 'present' }
    }
    case 'System':
      return { ...common, claims: {} }
    case 'Source':
      return { ...common, declared: [], problems: [], braked: [], released: {} }
    case 'Cluster':
      return common
  }
}

/** Records hold JSON only; their interfaces just have no index signature. */
export function asJson(value: unknown): Json {
  return value as Json
}
