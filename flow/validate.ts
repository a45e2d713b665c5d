import type * as z from 'zod'
import type { Ceiling } from '../domain/ceiling.ts'
import type { NamedCluster, NamedSystem } from '../domain/capability.ts'
import type { Problem, ResourceKind } from '../domain/records.ts'
import { sorted } from '../manifests/problems.ts'
import type { Path, Position } from '../manifests/position.ts'
import { identify, type Candidate } from './validate/candidate.ts'
import { checkNames } from './validate/names.ts'
import { checkPlacements, type PlacedChecks } from './validate/placed.ts'
import { checkPlatform, platformWith } from './validate/platform.ts'
import { repeated } from './validate/repeated.ts'

export interface ValidateFile {
  readonly path: string
  readonly text: string
}

export type Schemas = Readonly<Record<ResourceKind, z.core.$ZodType>>

export interface Platform {
  readonly systems: readonly NamedSystem[]
  readonly clusters: readonly NamedCluster[]
}

export interface ValidateOptions {
  /** How a workload looks in one environment. Absent: environments are not looked into. */
  readonly placed?: PlacedChecks
  /** What is declared already. Absent: checks that need a System or Cluster are left out. */
  readonly platform?: Platform
  /** Who declares (P8). Absent: somebody who may declare everything, everywhere. */
  readonly source?: { readonly name: string; readonly platform: boolean }
  /** Of the spec in one environment, overrides merged. Parts that are wrong are absent: each looks at its own only. */
  readonly ceilings?: readonly Ceiling<never>[]
}

/** A valid resource and where it stands. `{ kind, name }` is its `Ref`. */
export interface ValidResource {
  readonly kind: ResourceKind
  /** `quotes`; of a Workload `policy-admin/quotes`. */
  readonly name: string
  /** The whole resource, defaults filled in. */
  readonly value: unknown
  readonly spec: unknown
  readonly file: string
  readonly line: number
  readonly column: number
  /** Of the value at a path from the root, such as `['spec', 'scaling', 'min']`. */
  locate(path: Path): Position
}

export interface Validation {
  /** Those without any problem. */
  readonly resources: readonly ValidResource[]
  /** All problems of all files: by file, line and column, each once. */
  readonly problems: readonly Problem[]
}

/**
 * Files of a source to resources, or to problems that say where and what to write instead (P7, P8). Pure. A resource
 * with a problem is not among `resources`; its problems carry `resource` where its name could be read.
 */
export function validate(files: readonly ValidateFile[], schemas: Schemas, options: ValidateOptions = {}): Validation {
  const read = files.map((file) => identify(file, schemas))
  const candidates = read.flatMap((file) => file.candidates)
  const ambiguous = [...repeated(candidates), ...candidates.flatMap(checkNames)]
  const refused = new Set(ambiguous.map(({ resource }) => resource))
  const sound = candidates.filter(({ valid, resource }) => valid && !refused.has(resource))
  const platform = options.platform && platformWith(options.platform, sound, options.source)
  const problems = [
    ...read.flatMap((file) => file.problems),
    ...ambiguous,
    ...candidates.flatMap((candidate) => [...candidate.problems, ...checkCandidate(candidate, options, platform)]),
  ]
  const wrong = new Set(problems.map(({ resource }) => resource))
  const resources = candidates.filter(({ valid, resource }) => valid && !wrong.has(resource))
  return { resources: resources.flatMap(toResource), problems: sorted(problems) }
}

function checkCandidate(candidate: Candidate, options: ValidateOptions, platform: Platform | undefined): Problem[] {
  const refused = checkPlatform(candidate, platform, options.source)
  if (candidate.kind !== 'Workload') return refused.problems
  const placed = options.placed
    ? checkPlacements(candidate, options.placed, options.ceilings ?? [], refused.system)
    : []
  return [...refused.problems, ...placed]
}

function toResource(candidate: Candidate): ValidResource[] {
  const { kind, name, document } = candidate
  if (kind === undefined || name === undefined) return []
  return [
    {
      kind,
      name,
      value: candidate.value,
      spec: (candidate.value as { readonly spec: unknown }).spec,
      file: document.file,
      ...document.position([]),
      locate: (path) => document.position(path),
    },
  ]
}
