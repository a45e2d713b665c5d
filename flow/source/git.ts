import type { SourceReader, SourceSnapshot } from '../../domain/git.ts'
import type { Problem, SourceRecord } from '../../domain/records.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import type { Valid, Validate, Validated } from './ports.ts'

export interface GitReading {
  readonly commit: string
  readonly resources: readonly Valid[]
  readonly problems: readonly Problem[]
  /** Files whose content could not be read in full: what they declared before stays. */
  readonly unreadable: ReadonlySet<string>
  readonly takes?: Validated['takes']
}

/**
 * Reads and validates at the head. `unchanged` costs one round trip, and is only asked for when the record says
 * that the last head was read to its end.
 */
export async function readGit(
  reader: SourceReader,
  record: SourceRecord,
  spec: Exclude<SourceSpec, { type: 'port' }>,
  validate: Validate,
  reason: string,
): Promise<GitReading | 'unchanged'> {
  const known = isSettled(record) && (reason === 'push' || reason === 'schedule') ? record.head : undefined
  const snapshot = await reader.read(spec, known)
  if (snapshot === 'unchanged') return 'unchanged'
  return readingOf(snapshot, record.name, validate)
}

/** The last head was read to its end, and nothing in it waits for anything else. */
export function isSettled({ problems, braked }: SourceRecord): boolean {
  return problems.length === 0 && braked.length === 0
}

/** Of what was read, at whatever ref. */
export async function readingOf(snapshot: SourceSnapshot, source: string, validate: Validate): Promise<GitReading> {
  const refused = snapshot.refused.map(({ path, reason: why }): Problem => ({
    file: path,
    line: 1,
    column: 1,
    message: why,
  }))
  const { resources, problems, takes } = await validate(snapshot.files, source)
  return {
    commit: snapshot.commit,
    resources,
    problems: [...refused, ...problems],
    unreadable: new Set([...refused, ...problems].map((problem) => problem.file)),
    ...(takes === undefined ? {} : { takes }),
  }
}
