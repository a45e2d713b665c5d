import { inUse } from '../domain/generations.ts'
import type { WorkloadRecord } from '../domain/records.ts'
import { heldBy } from './operations/held.ts'

export interface Renewals {
  /** Credentials in use that are to be renewed by now. */
  readonly due: number
  /** The one of these that ends first. */
  readonly nearest?: { readonly name: string; readonly credential: string; readonly days: number }
}

const day = 86_400_000

/** Pure. `now` in epoch milliseconds. */
export function renewalsIn(records: readonly WorkloadRecord[], now: number): Renewals {
  const due = records
    .filter(({ intent, spec }) => intent === 'present' && spec !== undefined)
    .flatMap((record) =>
      heldBy(record).flatMap(({ key, credential }) => {
        const { renewAt, expiresAt } = inUse(credential) ?? {}
        if (renewAt === undefined || expiresAt === undefined || renewAt > now) return []
        return [{ name: record.name, credential: key, days: (expiresAt * 1000 - now) / day }]
      }),
    )
    .toSorted((a, b) => a.days - b.days)
  const [nearest] = due
  return { due: due.length, ...(nearest ? { nearest } : {}) }
}
