import type { Update } from '../domain/table.ts'
import type { Stored } from './record.ts'

/**
 * Makes somebody look: the holder goes round again, or the sweep comes at `at`. While a lease is held the sweep
 * already has the lease's end as its date, should the holder die. To be written on `stillAs(item)`.
 */
export function wake(item: Stored, at: number): Required<Pick<Update, 'set'>> {
  if (item.holder !== undefined) return { set: item.dirty ? [] : [[['dirty'], true]] }
  const due = item.attentionAt !== undefined && item.attentionAt <= at
  return { set: due ? [] : [[['attentionAt'], at]] }
}
