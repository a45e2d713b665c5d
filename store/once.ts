import { Conflict } from '../domain/errors.ts'
import type { Once } from '../domain/store.ts'
import type { Condition, Table } from '../domain/table.ts'
import type { Settings } from './settings.ts'
import { tryCreate, tryUpdate } from './writing.ts'

/**
 * A delivery is begun, its event is published, then it is confirmed; only in between it has an `until`. One that
 * was begun longer ago than a function can take was left by a function that died: the next delivery takes it.
 */
export function createOnce(table: Table, { clock, functionMilliseconds }: Settings): Once {
  const keyOf = (id: string) => `Delivery/${id}`
  const begun: Condition = { op: 'exists', path: ['until'] }

  return {
    async begin(id) {
      const now = clock.now()
      const until = now + functionMilliseconds
      if (await tryCreate(table, keyOf(id), { until })) return 'new'
      const left: Condition = { op: 'below', path: ['until'], value: now }
      return (await tryUpdate(table, keyOf(id), { set: [[['until'], until]] }, left)) ? 'new' : 'seen'
    },

    async confirm(id) {
      await table.update(keyOf(id), { set: [[['confirmedAt'], clock.now()]], remove: [['until']] })
    },

    async abandon(id) {
      try {
        await table.remove(keyOf(id), begun)
      } catch (error) {
        // Confirmed by another delivery, or abandoned before: there is nothing to give back.
        if (!(error instanceof Conflict)) throw error
      }
    },
  }
}
