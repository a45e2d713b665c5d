import type { Requests } from '../domain/store.ts'
import type { Item, Table } from '../domain/table.ts'
import type { Settings } from './settings.ts'
import { tryCreate, tryUpdate, untilWritten } from './writing.ts'

/**
 * The runs that wait are members of one item per source, so that reading them is consistent: a reconcile that
 * starts right after a form was sent finds it. A closed run leaves an item of its own, for good; whoever reads the
 * waiting ones leaves out what is closed, so a close that died half-way is one nevertheless.
 */
export function createRequests(table: Table, { clock }: Settings): Requests {
  async function add(source: string, run: string): Promise<'new' | 'seen' | undefined> {
    if (await table.get(closedKey(source, run))) return 'seen'
    const key = waitingKey(source)
    const now = clock.now()
    const unknown = { op: 'absent', path: ['runs', run] } as const
    const known = { op: 'exists', path: ['runs'] } as const
    if (await tryUpdate(table, key, { set: [[['runs', run], now]] }, { op: 'all', of: [known, unknown] })) return 'new'
    const item = await table.get(key)
    if (item !== undefined) return waiting(item).includes(run) ? 'seen' : undefined
    return (await tryCreate(table, key, { runs: { [run]: now } })) && 'new'
  }

  return {
    add: (source, run) => untilWritten(waitingKey(source), () => add(source, run)),

    async pending(source) {
      const item = await table.get(waitingKey(source))
      const runs = item === undefined ? [] : waiting(item)
      const closed = new Set((await table.getMany(runs.map((run) => closedKey(source, run)))).map((found) => found.key))
      return runs.filter((run) => !closed.has(closedKey(source, run)))
    },

    async close(source, run) {
      await tryCreate(table, closedKey(source, run), { closedAt: clock.now() })
      await tryUpdate(table, waitingKey(source), { remove: [['runs', run]] }, { op: 'exists', path: ['runs', run] })
    },
  }
}

function waitingKey(source: string): string {
  return `Requests/${source}`
}

function closedKey(source: string, run: string): string {
  return `Closed/${source}/${run}`
}

/** In the order in which they came. */
function waiting(item: Item): string[] {
  const runs = Object.entries(item['runs'] as Readonly<Record<string, number>>)
  return runs.sort(([a, atA], [b, atB]) => atA - atB || (a < b ? -1 : 1)).map(([run]) => run)
}
