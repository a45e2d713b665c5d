import type { Fleet } from '../../domain/fleet.ts'
import type { SourceRecord } from '../../domain/records.ts'
import type { Store } from '../../domain/store.ts'
import { brakeOn } from '../brake.ts'
import type { Brake } from './ports.ts'

/** What the brake (P9) weighs removals of a source with. */
export interface Present {
  /** Declared workloads by System. */
  readonly present: ReadonlyMap<string, number>
  /** Of these on their way out: those of this source, and those of others. */
  readonly own: readonly string[]
  readonly elsewhere: readonly string[]
}

/** Goes through all workloads, page by page: removals are rare, and only something new that would go costs this. */
export async function presentIn(store: Pick<Store, 'page'>, source: string): Promise<Present> {
  const present = new Map<string, number>()
  const own: string[] = []
  const elsewhere: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.page('Workload', { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
    for (const { name, system, intent, origin } of page.records.filter(({ spec }) => spec !== undefined)) {
      present.set(system, (present.get(system) ?? 0) + 1)
      if (intent === 'retire') (origin.source === source ? own : elsewhere).push(name)
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return { present, own, elsewhere }
}

/**
 * Why these of a source wait for an explicit go; undefined: they may leave. One alone is weighed with what leaves at
 * other sources: who takes away one after the other means it, and a git host that serves nothing any more is many
 * sources that lack one each. Pure.
 */
export function whyHeld(
  going: readonly string[],
  { present, own, elsewhere }: Present,
  lately: readonly string[],
  brake: Brake,
): string | undefined {
  // A brake of 0 lets nothing go unasked, not even one.
  if (going.length > brake.workloads && going.length === 1) return 'every removal waits for a go here'
  const others = [...elsewhere, ...lately]
  return brakeOn({ going, retiring: going.length > 1 ? [...own, ...others] : others, present, limits: brake })
}

/** Why these wait; where they may leave that is on record for the sources that ask next. */
export async function askToLeave(
  ports: { readonly store: Pick<Store, 'page'>; readonly fleet: Pick<Fleet, 'leave'>; readonly brake: Brake },
  { name }: Pick<SourceRecord, 'name'>,
  going: readonly string[],
): Promise<string | undefined> {
  const present = await presentIn(ports.store, name)
  return ports.fleet.leave(name, going, (lately) => whyHeld(going, present, lately, ports.brake))
}
