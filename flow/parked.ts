import type { Fleet } from '../domain/fleet.ts'
import type { Ref, Store } from '../domain/store.ts'
import { modeOf } from './modes.ts'

/** Keys only. More than this that waits is not looked at in one run. */
const mostParked = 10_000
/** What becomes due in one run: the next one goes on, and the queue (start.ts) has a bound of its own. */
const mostResumed = 500
/** Writes at once. */
const together = 25

/**
 * What waited while it was paused, and is not any more, becomes due: nobody who resumes something has to find it. Where
 * nothing waits it costs one query.
 */
export async function resume({
  store,
  fleet,
}: {
  readonly store: Pick<Store, 'parked' | 'getMany' | 'touch'>
  readonly fleet: Pick<Fleet, 'mode'>
}): Promise<{ readonly resumed: number }> {
  const parked = await store.parked(mostParked)
  if (parked.length === 0) return { resumed: 0 }
  const setting = await fleet.mode()
  if (setting.mode === 'paused') return { resumed: 0 }
  const names = [...new Set(parked.map(systemOf))]
  const systems = await store.getMany(names.map((name) => ({ kind: 'System', name }) as const))
  const paused = new Set(systems.filter((one) => modeOf(setting, one).mode === 'paused').map(({ name }) => name))
  const resumed = parked.filter((ref) => !paused.has(systemOf(ref))).slice(0, mostResumed)
  for (let start = 0; start < resumed.length; start += together) {
    await Promise.all(resumed.slice(start, start + together).map((ref) => store.touch(ref)))
  }
  return { resumed: resumed.length }
}

function systemOf({ kind, name }: Ref): string {
  return kind === 'Workload' ? name.slice(0, name.indexOf('/')) : name
}
