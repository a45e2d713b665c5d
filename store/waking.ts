import type { Update } from '../domain/table.ts'
import type { Stored } from './record.ts'

/**
 * Makes somebody look: the holder goes round again, or the sweep comes at `at`. While a lease is held the sweep
 * already has the lease's end as its date, should the holder die. To be written on `stillAs(item)`, together with
 * what there is to look at; a mark that was there before may be answered for before this is written.
 */
export function wake(item: Stored, at: number): Required<Pick<Update, 'set'>> {
  if (item.holder !== undefined) return { set: [[['dirty'], true]] }
  return { set: isDue(item, at) ? [] : [[['attentionAt'], at]] }
}

/** Somebody will look without being woken, and later than this was read. */
export function isAwake(item: Stored, at: number): boolean {
  return item.holder === undefined ? isDue(item, at) : item.dirty === true
}

function isDue(item: Stored, at: number): boolean {
  return item.attentionAt !== undefined && item.attentionAt <= at
}
