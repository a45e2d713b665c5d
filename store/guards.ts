import { Conflict } from '../domain/errors.ts'
import type { Condition, Item, Table, Update } from '../domain/table.ts'
import type { Stored } from './record.ts'
import { tryUpdate } from './writing.ts'

/** Holds as long as this fence has the lease: nobody took it, and it was not released. */
export function heldBy(fence: number): Condition {
  return {
    op: 'all',
    of: [
      { op: 'equals', path: ['fence'], value: fence },
      { op: 'exists', path: ['holder'] },
    ],
  }
}

export function isHeldBy(item: Item | undefined, fence: number): item is Stored {
  return item !== undefined && item['fence'] === fence && item['holder'] !== undefined
}

export function oldFence(key: string, fence: number): Conflict {
  return new Conflict(`the lease ${fence} of ${key} is over; somebody else works on it, or it was released`)
}

/** A write of the lease's holder; by anybody else it is a Conflict. */
export async function writeHeld(table: Table, key: string, fence: number, update: Update): Promise<void> {
  if (!(await tryUpdate(table, key, update, heldBy(fence)))) throw oldFence(key, fence)
}

/**
 * Holds while everything is as it was read that a decision about the spec and about waking somebody rests on.
 * Not the revision: the holder's claims and credentials do not matter here. Nor whether it is a tombstone: only a
 * holder buries, and only a new generation returns.
 */
export function stillAs(item: Stored): Condition {
  const same = (path: readonly string[], value: string | number | undefined): Condition =>
    value === undefined ? { op: 'absent', path } : { op: 'equals', path, value }
  return {
    op: 'all',
    of: [
      same(['generation'], item.generation),
      same(['fence'], item.fence),
      { op: item.holder === undefined ? 'absent' : 'exists', path: ['holder'] },
      same(['intent'], item.intent),
      same(['origin', 'source'], item.origin.source),
    ],
  }
}
