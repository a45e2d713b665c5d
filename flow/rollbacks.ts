import type { Condition, WorkloadRecord } from '../domain/records.ts'
import { heldBy } from './operations/held.ts'
import { isTooLate } from './operations/rotationrequests.ts'

/**
 * Roll-backs that were asked for while their generation still worked, and came after its end: they are not carried out
 * any more, and whoever asked is told. Until something else is asked, or the next generation is made.
 */
export function missedRollBacks(
  record: Pick<WorkloadRecord, 'credentials' | 'claims' | 'rotations'>,
): Omit<Condition, 'since'>[] {
  const missed = heldBy(record).flatMap(({ key, cluster, credential }) => {
    const request = record.rotations?.[key]
    if (request === undefined || !isTooLate(credential, request)) return []
    return [{ cluster, message: `generation ${request.to} of ${key} had ended before it could come back` }]
  })
  return [...new Set(missed.map(({ cluster }) => cluster))].map((cluster) => {
    const messages = missed.filter((one) => one.cluster === cluster).map(({ message }) => message)
    const message = `${messages.join('; ')}; \`fairway rotate\` makes a new one`
    return { capability: 'roll-back', cluster, status: 'False', reason: 'TooLate', message }
  })
}
