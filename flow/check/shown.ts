import { canonical, specHash } from '../../domain/hash.ts'
import type { SourceRecord } from '../../domain/records.ts'

/** The channel of a record's `reported` that holds what the git host shows. */
const host = 'github'

type Findings = Pick<SourceRecord, 'head' | 'declared' | 'problems' | 'braked' | 'removed'>

/**
 * What a source's commit is to show, as a hash: the same in whatever order the store keeps lists. It is compared with
 * the hash of what was shown last, so that a check run which could not be written is written at the next look, and one
 * that says the same is not even asked for (P1).
 */
export function shownOf({ head, declared, problems, braked, removed = [] }: Findings): string {
  const lists = [declared, problems, braked, removed].map((list) => list.map((member) => canonical(member)).toSorted())
  return specHash([head, lists])
}

export function isShown(record: Pick<SourceRecord, 'reported'>, shown: string): boolean {
  return record.reported[host] === shown
}

/** As `reported` of a record says it. */
export function asReported(shown: string): Readonly<Record<string, string>> {
  return { [host]: shown }
}
