import { phrase } from '../../domain/changes.ts'
import { specHash } from '../../domain/hash.ts'
import type { Problem, ResourceKind, SourceRecord, WorkloadRecord } from '../../domain/records.ts'
import type { AnyRecord } from '../../domain/store.ts'
import { ownedElsewhere } from '../source/admit.ts'
import type { GitReading } from '../source/git.ts'
import type { Valid } from '../source/ports.ts'
import { asks, missing, weighed } from '../source/removals.ts'
import type { Platform } from '../validate.ts'
import { explainWorkload, type Explaining, type PlannedLine } from './explain.ts'
import { explainPlatform, platformAfter } from './platform.ts'

export interface PlannedResource {
  readonly kind: ResourceKind
  readonly name: string
  /** `revived`: it was removed, or is on its way out, and comes back. */
  readonly result: 'created' | 'changed' | 'revived' | 'removed' | 'braked' | 'unchanged'
  /** Where it is declared; what is removed has no such place any more. */
  readonly file?: string
  readonly line?: number
  readonly lines: readonly PlannedLine[]
}

/** What a commit does, or would do, to what a source declares. */
export interface Plan {
  /** In order of kind and name. */
  readonly resources: readonly PlannedResource[]
  /** Workloads that stay because the file that declares them could not be read in full. */
  readonly kept: readonly string[]
  /** By file and line: those of reading, and those that admission would add. */
  readonly problems: readonly Problem[]
  /** Why those wait that the brake holds. */
  readonly brakedWhy?: string
  /** Why nothing of it is carried out for now, System by System. */
  readonly paused?: readonly string[]
}

export interface PlanInput {
  readonly source: SourceRecord
  readonly reading: GitReading
  /** Of everything that the reading declares, and that the source declared before; those that exist. */
  readonly records: readonly AnyRecord[]
  /** As the store has it. */
  readonly platform: Platform
  /** Why the brake would hold these; the removals that are new are weighed. */
  readonly whyHeld: (going: readonly string[]) => string | undefined
}

/**
 * What admitting this reading would do, and what provisioning would make of it: from the records alone. Pure; nothing
 * is admitted, observed or provisioned.
 */
export function planOf(input: PlanInput, explaining: Omit<Explaining, 'platform'>): Plan {
  const { source, reading, records } = input
  const platform = platformAfter(input.platform, reading.resources)
  const known = new Map(records.map((record) => [`${record.kind} ${record.name}`, record]))
  const recordOf = (resource: Valid) => known.get(`${resource.kind} ${resource.name}`)
  const owned = reading.resources.filter((resource) => !isElsewhere(recordOf(resource), source.name))
  const refused = reading.resources.flatMap((resource) => {
    const record = recordOf(resource)
    return record && isElsewhere(record, source.name) ? ownedElsewhere(resource, record.origin, source.name) : []
  })
  const here = { ...explaining, platform }
  const going = removalsOf(input, { ...explaining, platform: input.platform })
  return {
    resources: [...owned.map((resource) => planned(here, resource, recordOf(resource))), ...going.resources].toSorted(
      inOrder,
    ),
    kept: going.kept,
    ...(going.brakedWhy === undefined ? {} : { brakedWhy: going.brakedWhy }),
    problems: [...reading.problems, ...refused].toSorted(byPlace),
  }
}

/** Admission asks the same: what was buried may be declared by anybody. */
function isElsewhere(record: AnyRecord | undefined, source: string): boolean {
  return record?.spec !== undefined && record.origin.source !== source
}

function planned(here: Explaining, resource: Valid, record: AnyRecord | undefined): PlannedResource {
  const { kind, name, file, line } = resource
  const retiring = record?.kind === 'Workload' && record.intent === 'retire'
  const back = record !== undefined && (record.spec === undefined || retiring)
  const same = record?.spec !== undefined && record.specHash === specHash(resource.spec)
  const result = record === undefined ? 'created' : back ? 'revived' : same ? 'unchanged' : 'changed'
  const lines = same ? [] : explain(here, resource, record?.spec)
  return { kind, name, result, file, line, lines }
}

function explain(here: Explaining, resource: Valid, before: unknown): readonly PlannedLine[] {
  if (resource.kind !== 'Workload') return explainPlatform(resource, before, here.platform)
  const lines = explainWorkload(here, resource.name, before, resource.spec)
  if (lines.length > 0 || before === undefined) return lines
  return [{ phrase: phrase`nothing outside changes`, clusters: [] }]
}

function removalsOf(
  { source, reading, records, whyHeld }: PlanInput,
  here: Explaining,
): Pick<Plan, 'resources' | 'kept' | 'brakedWhy'> {
  const workloads = reading.resources.filter(({ kind }) => kind === 'Workload')
  const declared = new Set(workloads.map(({ name }) => name))
  const before = records.filter((record): record is WorkloadRecord => record.kind === 'Workload')
  const mine = before.filter(({ name }) => source.declared.includes(name) && !declared.has(name))
  const found = missing(source, mine, { ...reading, declared })
  const why = asks(found) ? whyHeld([...found.held, ...found.fresh]) : undefined
  const { going, braked } = weighed(found, why)
  const { kept } = found
  const brakedWhy = why ?? source.brakedWhy
  const removed = (name: string, result: 'removed' | 'braked'): PlannedResource => {
    const spec = mine.find((record) => record.name === name)?.spec
    return { kind: 'Workload', name, result, lines: explainWorkload(here, name, spec, undefined) }
  }
  return {
    resources: [...going.map((name) => removed(name, 'removed')), ...braked.map((name) => removed(name, 'braked'))],
    kept,
    ...(braked.length > 0 && brakedWhy !== undefined ? { brakedWhy } : {}),
  }
}

const ranks: Readonly<Record<ResourceKind, number>> = { Cluster: 0, System: 1, Source: 2, Workload: 3 }

export function inOrder(a: PlannedResource, b: PlannedResource): number {
  return ranks[a.kind] - ranks[b.kind] || compare(a.name, b.name)
}

function byPlace(a: Problem, b: Problem): number {
  return compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
