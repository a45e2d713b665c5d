import { hash8 } from '../domain/names.ts'
import type { Update } from '../domain/table.ts'
import { type Stored, asJson } from './record.ts'

export interface Audit {
  readonly who: string
  readonly what: string
}

/** As many operations as a person would read back; the oldest make room. */
const length = 100

/** Members of a map, by time and by what was done: two operations at once do not lose each other. */
export function audited(item: Stored, { who, what }: Audit, now: number): Update {
  const at = new Date(now).toISOString()
  const id = `${at} ${hash8(who, what)}`
  const older = Object.keys(item.audit ?? {})
    .filter((other) => other !== id)
    .sort()
  const oldest = older.slice(0, Math.max(0, older.length + 1 - length))
  return {
    set: [[['audit', id], asJson({ at, who, what })]],
    remove: oldest.map((other) => ['audit', other]),
  }
}
