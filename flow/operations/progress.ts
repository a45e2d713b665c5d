import type { Progress, Started } from './model.ts'
import type { AnyRecord, RecordOf, Ref, Store } from '../../domain/store.ts'
import { pausedIn } from '../modes.ts'
import type { Followed } from './model.ts'
import { inShort, shortened } from './summaries.ts'

/** As many as one answer tells about: what one read of the table takes. */
export const mostFollowed = 100

const mostMessages = 5

/** How far these have come; what is not there is left out. */
export async function progressOf(store: Store, refs: readonly Ref<Followed>[]): Promise<readonly Progress[]> {
  return (await store.getMany<Followed>(refs)).map(toProgress)
}

/**
 * What an operation set off: done under the lease that is held now, whose holder will go round again, or under the next
 * one. `nothing`: it set nothing off, but somebody may be at work.
 */
export function startedOn(record: RecordOf[Followed], nothing = false): Started {
  const { kind, name, generation, fence, lease } = record
  return { kind, name, generation, fence: lease !== undefined || nothing ? fence : fence + 1 }
}

export function isFollowed(record: AnyRecord): record is RecordOf[Followed] {
  return record.kind === 'Workload' || record.kind === 'System'
}

/**
 * Nothing more happens without somebody's doing: it is as wanted, waits for an input, is paused, or failed in a way that
 * trying again does not mend. A failure that may pass is tried again by the sweep.
 */
export function isSettled(progress: Progress, started: Started): boolean {
  const { busy, fence, phase, error, generation, observedGeneration, paused } = progress
  if (busy || fence < started.fence) return false
  if (paused) return true
  if (phase === 'Failed' || phase === 'Retiring') return error?.type === 'Terminal'
  return phase === 'Retired' || observedGeneration >= Math.max(generation, started.generation)
}

function toProgress(record: RecordOf[Followed]): Progress {
  const { kind, name, generation, fence, lease, dirty, status } = record
  const wrong = status.conditions.filter(({ status, message }) => status !== 'True' && message !== '')
  const { phase, observedGeneration, error } = inShort(status)
  return {
    kind,
    name,
    phase,
    generation,
    observedGeneration,
    fence,
    busy: lease !== undefined || dirty === true,
    ...(pausedIn(status) ? { paused: true } : {}),
    ...(error ? { error } : {}),
    messages: wrong.slice(0, mostMessages).map(({ message }) => shortened(message)),
  }
}
