import { inUse } from '../domain/generations.ts'
import type { WorkloadRecord } from '../domain/records.ts'
import { heldBy } from './operations/held.ts'

/** A credential in use that ends one day. */
export interface Expiring {
  /** Of its workload. */
  readonly name: string
  readonly credential: string
  readonly generation: number
  /** When, in ISO 8601, and why it was minted. */
  readonly issued: string
  readonly reason?: string
  readonly days: number
  /** Of the time between its renewal and its end, per cent that is left: more than 100 while it is not due. */
  readonly timeLeft: number
}

export interface Renewals {
  /** Credentials in use that are to be renewed by now. */
  readonly due: number
  /** The one of these that has least of its time left. */
  readonly latest?: Expiring
  /** The one that ends first of all that are looked at. */
  readonly nearest?: Expiring
}

const day = 86_400_000

/** Pure. `now` in epoch milliseconds. */
export function renewalsIn(records: readonly WorkloadRecord[], now: number): Renewals {
  const all = records
    .filter(({ intent, spec }) => intent === 'present' && spec !== undefined)
    .flatMap((record) => expiringOf(record, now))
  const due = all.filter(({ timeLeft }) => timeLeft <= 100)
  const [latest] = due.toSorted((a, b) => a.timeLeft - b.timeLeft)
  const [nearest] = all.toSorted((a, b) => a.days - b.days)
  return { due: due.length, ...(latest ? { latest } : {}), ...(nearest ? { nearest } : {}) }
}

function expiringOf(record: WorkloadRecord, now: number): readonly Expiring[] {
  return heldBy(record).flatMap(({ key, credential }) => {
    const used = inUse(credential)
    const { renewAt, expiresAt, issuedAt = 0, generation = 0 } = used ?? {}
    if (renewAt === undefined || expiresAt === undefined) return []
    const left = expiresAt * 1000 - now
    const { reason } = credential
    return [
      {
        name: record.name,
        credential: key,
        generation,
        issued: new Date(issuedAt * 1000).toISOString(),
        // Of the one that is being made instead, its record says no reason.
        ...(reason === undefined || used?.generation !== credential.generation ? {} : { reason }),
        days: left / day,
        timeLeft: (100 * left) / (expiresAt * 1000 - renewAt),
      },
    ]
  })
}
