import type { Store } from '../domain/store.ts'
import type { Table } from '../domain/table.ts'
import { audited } from './audit.ts'
import { changeExisting, together } from './changing.ts'
import type { Settings } from './settings.ts'
import { wake } from './waking.ts'
import { untilWritten, tryUpdate } from './writing.ts'

/** After the table was lost: records begin anew, and what they are about was there before. */
export function createRestoring(
  table: Table,
  { clock, graceMilliseconds }: Settings,
): Pick<Store, 'restore' | 'beginAt'> {
  return {
    async restore(ref, incarnation, audit) {
      await changeExisting(table, ref, (before) => {
        const now = clock.now()
        return together(
          {
            set: [
              [['restoring'], true],
              [['incarnation'], Math.max(before.incarnation, incarnation)],
            ],
          },
          wake(before, now + graceMilliseconds),
          audited(before, audit, now),
        )
      })
    },

    async beginAt(incarnation) {
      await untilWritten(beginning, async () => {
        if ((await firstIncarnation(table)) >= incarnation) return true
        const set = { set: [[['incarnation'], incarnation]] as const }
        const absent = { op: 'absent', path: ['incarnation'] } as const
        const below = { op: 'below', path: ['incarnation'], value: incarnation } as const
        return (await tryUpdate(table, beginning, set, { op: 'any', of: [absent, below] })) && true
      })
    },
  }
}

const beginning = 'Beginning'

/** Of what is declared for the first time: numbers that were given out before a loss are not given out again. */
export async function firstIncarnation(table: Table): Promise<number> {
  return Number((await table.get(beginning))?.['incarnation'] ?? 1)
}
