import { hash8 } from '../domain/names.ts'
import type { Audit } from '../domain/store.ts'
import type { Json, Update } from '../domain/table.ts'
import { type Stored, asJson } from './record.ts'

/** As many operations as a person would read back; the oldest make room. */
const length = 100

/** Members of a map, by time and by what was done: two operations at once do not lose each other. */
export function audited(item: Stored, audit: Audit, now: number): Required<Pick<Update, 'set' | 'remove'>> {
  const [id, entry] = auditEntry(audit, now)
  // Records of before this was kept have no map to set a member in.
  if (item.audit === undefined) return { set: [[['audit'], { [id]: entry }]], remove: [] }
  const older = Object.keys(item.audit)
    .filter((other) => other !== id)
    .sort()
  const oldest = older.slice(0, Math.max(0, older.length + 1 - length))
  return { set: [[['audit', id], entry]], remove: oldest.map((other) => ['audit', other]) }
}

export function auditEntry({ who, what }: Audit, now: number): readonly [string, Json] {
  const at = new Date(now).toISOString()
  return [`${at} ${hash8(who, what)}`, asJson({ at, who, what })]
}
