import type { Credential, WorkloadRecord } from '../domain/records.ts'
import { heldBy } from './operations/held.ts'

/**
 * What is due of a workload are its credentials, and nothing else: it is Ready, and one is half issued, nears its end,
 * or stands beside one that it replaced.
 */
export function isRotating(record: WorkloadRecord, now: number): boolean {
  const { status, intent } = record
  if (intent === 'retire' || status.phase !== 'Ready' || status.error !== undefined) return false
  return heldBy(record).some(({ credential }) => hasStepLeft(credential, now))
}

function hasStepLeft({ state, previous = [], renewAt = Infinity }: Credential, now: number): boolean {
  return state === 'issuing' || previous.length > 0 || renewAt <= now
}
