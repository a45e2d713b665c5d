import type { Problem, ResourceKind } from '../../domain/records.ts'
import type { WorkloadMetadata } from '../../domain/resources.ts'
import { workloadId } from '../../domain/names.ts'
import { check } from '../../manifests/check.ts'
import { explainValue, missingKey, type Explanation } from '../../manifests/explain.ts'
import type { Path } from '../../manifests/position.ts'
import { problemAt } from '../../manifests/problems.ts'
import { readDocuments, type PositionedDocument } from '../../manifests/read.ts'
import { valueAt } from '../../manifests/schema.ts'
import { nearest } from '../../manifests/suggest.ts'
import { describeChoice } from '../../manifests/words.ts'
import type { Schemas, ValidateFile } from '../validate.ts'

/** A validated resource without the parts that are wrong: members of the resource, its metadata and its spec may lack. */
export interface Partly<Spec> {
  readonly metadata?: Partial<WorkloadMetadata>
  readonly spec?: Partial<Spec>
}

/** One document of a file, on its way to being a resource. */
export interface Candidate {
  readonly document: PositionedDocument
  /** As written, or as it was evidently meant. */
  readonly kind: ResourceKind | undefined
  readonly name: string | undefined
  /** `Workload policy-admin/quotes`, where that much could be read. */
  readonly resource: string | undefined
  readonly valid: boolean
  /** So that the rest can be looked at; undefined when there is too little of it. */
  readonly value: Partly<unknown> | undefined
  readonly problems: readonly Problem[]
  /** A problem of this resource; none when it may be a consequence of a part that is wrong. */
  problem(explanation: Explanation): Problem[]
}

export function identify(
  file: ValidateFile,
  schemas: Schemas,
): { readonly candidates: readonly Candidate[]; readonly problems: readonly Problem[] } {
  const { documents, problems } = readDocuments(file.text, file.path)
  // Where reading has refused something, what validation says of the same place is a consequence.
  const refused = new Set(problems.map(place))
  return { candidates: documents.map((document) => candidate(document, schemas, refused)), problems }
}

function candidate(document: PositionedDocument, schemas: Schemas, refused: ReadonlySet<string>): Candidate {
  const { kind, misnamed } = kindOf(document, Object.keys(schemas) as ResourceKind[])
  const checked = kind && check(withKind(document.value, kind), schemas[kind], document)
  const name = kind && nameOf(kind, document.value)
  const resource = name && `${kind} ${name}`
  const problem = (explanation: Explanation) => problemAt(document, explanation, resource)
  const problems = [...misnamed, ...(checked?.explanations ?? [])]
    .map(problem)
    .filter((found) => !refused.has(place(found)))
  return {
    document,
    kind,
    name,
    resource,
    valid: !document.flawed && problems.length === 0,
    value: checked?.value as Partly<unknown> | undefined,
    problems,
    problem: (explanation) => (checked?.cut.touches(explanation.path) ? [] : [problem(explanation)]),
  }
}

function kindOf(
  { value }: PositionedDocument,
  kinds: readonly ResourceKind[],
): { readonly kind?: ResourceKind; readonly misnamed: readonly Explanation[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const words = 'a document must be a map with `apiVersion`, `kind`, `metadata` and `spec`'
    return { misnamed: [{ path: [], about: 'value', message: words }] }
  }
  const written = valueAt(value, ['kind'])
  if (written === undefined) return { misnamed: [missingKey(['kind'], kinds)] }
  const known = kinds.find((kind) => kind === written)
  if (known !== undefined) return { kind: known, misnamed: [] }
  const meant = typeof written === 'string' ? nearest(written, kinds) : undefined
  const misnamed = [explainValue(['kind'], written, describeChoice(kinds, written))]
  return meant === undefined ? { misnamed } : { kind: meant as ResourceKind, misnamed }
}

function withKind(value: unknown, kind: ResourceKind): unknown {
  return { ...(value as object), kind }
}

function nameOf(kind: ResourceKind, value: unknown): string | undefined {
  const text = (path: Path) => {
    const found = valueAt(value, path)
    return typeof found === 'string' && found !== '' ? found : undefined
  }
  const name = text(['metadata', 'name'])
  if (kind !== 'Workload') return name
  const system = text(['metadata', 'system'])
  return name && system && workloadId(system, name)
}

function place({ line, column }: Problem): string {
  return `${line}:${column}`
}
