import type { Removal } from '../domain/records.ts'
import type { Store } from '../domain/store.ts'
import type { Table } from '../domain/table.ts'
import { audited } from './audit.ts'
import { change, together } from './changing.ts'
import { isHeldBy, oldFence, writeHeld } from './guards.ts'
import { asJson, keyOf } from './record.ts'
import type { Settings } from './settings.ts'
import { wake } from './waking.ts'

/** How a placement leaves: its Application was removed, somebody confirms that the objects are gone, it is gone. */
export function createRemovals(
  table: Table,
  { clock, graceMilliseconds }: Settings,
): Pick<Store, 'removing' | 'confirmRemoval' | 'cancelRemoval' | 'removed'> {
  return {
    async removing(ref, fence, cluster, commit) {
      const key = keyOf(ref)
      const item = await table.get(key)
      if (!isHeldBy(item, fence)) throw oldFence(key, fence)
      const before = item.removals?.[cluster]
      // A second call must not take a confirmation away that came in between.
      if (before && (commit === undefined || before.commit === commit)) return
      if (before && commit !== undefined && before.commit === undefined) {
        await writeHeld(table, key, fence, { set: [[['removals', cluster, 'commit'], commit]] })
        return
      }
      const since = new Date(clock.now()).toISOString()
      const removal: Removal = commit === undefined ? { since } : { commit, since }
      await writeHeld(table, key, fence, { set: [[['removals', cluster], asJson(removal)]] })
    },

    async confirmRemoval(ref, cluster, by, audit) {
      let waits = false
      await change(table, ref, (before) => {
        const removal = before.removals?.[cluster]
        waits = removal !== undefined
        if (removal === undefined || removal.confirmed !== undefined) return undefined
        const confirmed = { set: [[['removals', cluster, 'confirmed'], by] as const] }
        const now = clock.now()
        return together(confirmed, wake(before, now + graceMilliseconds), audit ? audited(before, audit, now) : {})
      })
      return waits
    },

    async cancelRemoval(ref, fence, cluster) {
      await writeHeld(table, keyOf(ref), fence, { remove: [['removals', cluster]] })
    },

    async removed(ref, fence, cluster) {
      const gone = [
        ['removals', cluster],
        ['status', 'placements', cluster],
      ]
      await writeHeld(table, keyOf(ref), fence, { remove: gone })
    },
  }
}
