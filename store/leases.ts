import type { AnyRecord, Leases, RecordOf, Ref } from '../domain/store.ts'
import type { Condition, Item, Table, Update } from '../domain/table.ts'
import { heldBy, isHeldBy, oldFence } from './guards.ts'
import { keyOf, living, toRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { tryUpdate, untilWritten } from './writing.ts'

/**
 * A lease is `holder`, `until` and `fence` of the record, and `attentionAt` is its end, so that the sweep finds
 * what a killed holder left. `dirty` is how those who met a lease tell its holder to go round again.
 */
export function createLeases(table: Table, settings: Settings): Leases {
  return {
    acquire: (ref, holder) => untilWritten(keyOf(ref), () => acquire(table, settings, ref, holder)),
    hold: (ref, fence) => untilWritten(keyOf(ref), () => hold(table, settings, ref, fence)),
    release: (ref, fence, due) => untilWritten(keyOf(ref), () => release(table, settings, ref, fence, due)),
    held: (most) => held(table, settings, most),
  }
}

const pageSize = 100

type Acquisition<Kind extends keyof RecordOf> =
  | { readonly result: 'acquired'; readonly fence: number; readonly record: RecordOf[Kind] }
  | { readonly result: 'coalesced' | 'absent' }

/** Undefined: it changed hands between two steps. */
async function acquire<Kind extends keyof RecordOf>(
  table: Table,
  settings: Settings,
  ref: Ref<Kind>,
  holder: string,
): Promise<Acquisition<Kind> | undefined> {
  const key = keyOf(ref)
  const now = settings.clock.now()
  const taken = await tryUpdate(table, key, taking(settings, now, holder), free(now))
  if (taken) return acquired(taken)

  const item = living(await table.get(key))
  if (!item) return { result: 'absent' }
  if (item.holder === undefined || (item.until ?? 0) < now) return undefined
  if (item.holder === holder) {
    const kept = await tryUpdate(table, key, startOfRound(settings, now), heldBy(item.fence))
    return kept && acquired(kept)
  }
  // What this caller came for was written before the mark that is there already.
  if (item.dirty) return { result: 'coalesced' }
  const marked = await tryUpdate(table, key, { set: [[['dirty'], true]] }, heldBy(item.fence))
  return marked && { result: 'coalesced' }
}

async function hold<Kind extends keyof RecordOf>(
  table: Table,
  settings: Settings,
  ref: Ref<Kind>,
  fence: number,
): Promise<RecordOf[Kind] | undefined> {
  const key = keyOf(ref)
  const now = settings.clock.now()
  const item = await table.get(key)
  if (!isHeldBy(item, fence)) throw oldFence(key, fence)
  const lasting = (item.until ?? 0) - now >= settings.leastLeftMilliseconds
  if (lasting && !item.again) return toRecord(item) as RecordOf[Kind]
  // Whoever reads after a release that said `again` sees what it was said for.
  const update: Update = { ...(lasting ? {} : renewal(settings, now)), remove: [['again']] }
  const renewed = await tryUpdate(table, key, update, heldBy(fence))
  return renewed && (toRecord(renewed) as RecordOf[Kind])
}

/**
 * `again` stays on the record until the holder has read it: a release whose answer was lost is called again, and
 * must not then let go of a change that nobody has looked at.
 */
async function release(
  table: Table,
  settings: Settings,
  ref: Ref,
  fence: number,
  due: number | undefined,
): Promise<'released' | 'again' | undefined> {
  const key = keyOf(ref)
  const quiet: Condition[] = [
    { op: 'absent', path: ['dirty'] },
    { op: 'absent', path: ['again'] },
  ]
  if (await tryUpdate(table, key, letGo(due), { op: 'all', of: [heldBy(fence), ...quiet] })) return 'released'

  const item = await table.get(key)
  if (item?.['fence'] !== fence) throw oldFence(key, fence)
  // Only this fence could let go: an earlier call did, and its answer was lost.
  if (!isHeldBy(item, fence)) return 'released'
  if (!item.dirty) return item.again ? 'again' : undefined
  const { set } = renewal(settings, settings.clock.now())
  const noted = await tryUpdate(table, key, { set: [...set, [['again'], true]], remove: [['dirty']] }, heldBy(fence))
  return noted && 'again'
}

/** Leases end within their term, and that is when they are due; so is what waits for something else by then. */
async function held(table: Table, settings: Settings, most: number): Promise<readonly AnyRecord[]> {
  const now = settings.clock.now()
  const found: AnyRecord[] = []
  let cursor: string | undefined
  do {
    const next = { from: now, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) }
    const page = await table.due(now + settings.leaseMilliseconds, next)
    found.push(...page.items.map(toRecord).filter(({ lease }) => lease !== undefined && lease.until >= now))
    cursor = page.cursor
  } while (cursor !== undefined && found.length < most)
  return found.slice(0, most)
}

function acquired<Kind extends keyof RecordOf>(item: Item): Acquisition<Kind> {
  return { result: 'acquired', fence: Number(item['fence']), record: toRecord(item) as RecordOf[Kind] }
}

function free(now: number): Condition {
  return {
    op: 'all',
    of: [
      { op: 'exists', path: ['spec'] },
      {
        op: 'any',
        of: [
          { op: 'absent', path: ['holder'] },
          { op: 'below', path: ['until'], value: now },
        ],
      },
    ],
  }
}

function taking(settings: Settings, now: number, holder: string): Update {
  const { set, remove } = startOfRound(settings, now)
  return { set: [...set, [['holder'], holder]], remove, add: [[['fence'], 1]] }
}

/** The record that comes with this is what the round works on, so whatever changed before is seen. */
function startOfRound(settings: Settings, now: number): Required<Pick<Update, 'set' | 'remove'>> {
  return { ...renewal(settings, now), remove: [['dirty'], ['again']] }
}

function renewal(settings: Settings, now: number): Required<Pick<Update, 'set'>> {
  const until = now + settings.leaseMilliseconds
  return {
    set: [
      [['until'], until],
      [['attentionAt'], until],
    ],
  }
}

function letGo(due: number | undefined): Update {
  const lease = [['holder'], ['until']]
  return due === undefined ? { remove: [...lease, ['attentionAt']] } : { set: [[['attentionAt'], due]], remove: lease }
}
