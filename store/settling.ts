import type { Status } from '../domain/records.ts'
import type { Json, Update } from '../domain/table.ts'
import type { Stored } from './record.ts'

/**
 * `unsettledSince` begins when Fairway owes something and ends when it owes nothing: written with the phase that says
 * so and never alone, so that it costs no write (P1). Trying again, failing otherwise and a new spec keep the time.
 */
export function settling(item: Stored, status: Pick<Status, 'phase' | 'conditions' | 'error'>, now: number): Update {
  if (isSettled(status)) return item.unsettledSince === undefined ? {} : { remove: [['unsettledSince']] }
  return unsettled(item, now)
}

/** Something was asked for that nobody has looked at. */
export function unsettled(item: Stored, now: number): Required<Pick<Update, 'set'>> {
  const begins = item.unsettledSince === undefined && hasPhases(item['kind'])
  return { set: begins ? [[['unsettledSince'], now]] : [] }
}

/** Of a resource that is declared for the first time. */
export function unsettledAttributes(kind: string, now: number): Record<string, Json> {
  return hasPhases(kind) ? { unsettledSince: now } : {}
}

/** Sources and Clusters are only read: their phase stays `Pending`. */
function hasPhases(kind: unknown): boolean {
  return kind === 'Workload' || kind === 'System'
}

/** Ready, gone, or waiting for somebody: for an image, for a secret, for Argo CD's word that the objects are gone. */
function isSettled({ phase, conditions, error }: Pick<Status, 'phase' | 'conditions' | 'error'>): boolean {
  if (phase !== 'Retiring') return phase !== 'Pending' && phase !== 'Failed'
  const open = conditions.filter(({ status }) => status === 'False')
  return error === undefined && open.length > 0 && open.every(({ reason }) => reason === 'AwaitingRemoval')
}
