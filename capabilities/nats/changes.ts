import { difference, phrase, type Explain, type Phrase, type PlacementChange } from '../../domain/changes.ts'
import type { NatsPart, NatsSpec } from './schema.ts'

const directions = ['publish', 'subscribe', 'request', 'reply'] as const

export const user: Explain<PlacementChange<NatsPart>> = ({ before, after }) => {
  const [old, now] = [before?.nats, after?.nats]
  if (now === undefined) return old === undefined ? [] : [phrase`NATS user: removed, and its credentials with it`]
  const changed = directions.flatMap((direction) => subjects(direction, old, now))
  if (old === undefined) {
    const made = phrase`NATS user: made, with credentials for ${now.expiresAfter} in Secrets Manager; the account is pushed once`
    return [made, ...changed]
  }
  return [
    ...changed,
    // Permissions live in the account: changing them issues nothing (P2).
    ...(changed.length > 0 ? [phrase`NATS: the account is pushed once, credentials stay`] : []),
    ...(old.expiresAfter === now.expiresAfter
      ? []
      : [phrase`NATS credentials: ${old.expiresAfter} → ${now.expiresAfter}, from the next ones on`]),
    ...renewal(old, now),
  ]
}

/** Moves a date, and issues nothing but what is due by it. */
function renewal(old: NatsSpec, now: NatsSpec): Phrase[] {
  if (old.renewBefore === now.renewBefore) return []
  if (now.renewBefore === undefined) return [phrase`NATS credentials: renewed when it is usual before their end`]
  return [phrase`NATS credentials: renewed ${now.renewBefore} before their end`]
}

function subjects(direction: (typeof directions)[number], old: NatsSpec | undefined, now: NatsSpec): Phrase[] {
  const { added, removed } = difference(old?.[direction], now[direction])
  return [
    ...(added.length > 0 ? [{ words: [`NATS: ${direction} `, ' added'], values: [added] }] : []),
    ...(removed.length > 0 ? [{ words: [`NATS: ${direction} `, ' removed'], values: [removed] }] : []),
  ]
}
