import type { Clock } from '../domain/effects.ts'
import { shareAt, slower, type Pace, type PaceState } from '../domain/pace.ts'
import type { Item, Table } from '../domain/table.ts'
import { tryUpdate } from './writing.ts'

/** One small item for each account and service that ever throttled. */
export function createPace(table: Table, { clock }: { readonly clock: Clock }): Pace {
  return {
    async throttled(account, service) {
      const key = `${kind}/${account}/${service}`
      const item = await table.get(key)
      const state = slower(stateOf(item), clock.now())
      if (state === undefined) return
      const set = Object.entries({ kind, account, service, ...state }).map(([name, value]) => [[name], value] as const)
      // Whoever was faster has slowed it down for the same burst.
      await tryUpdate(
        table,
        key,
        { set },
        item === undefined
          ? { op: 'absent', path: ['kind'] }
          : { op: 'equals', path: ['revision'], value: item.revision },
      )
    },

    async slowed() {
      const now = clock.now()
      const items: Item[] = []
      let cursor: string | undefined
      do {
        const page = await table.ofKind(kind, { limit: 100, ...(cursor === undefined ? {} : { cursor }) })
        items.push(...page.items)
        cursor = page.cursor
      } while (cursor !== undefined)
      return items
        .map((item) => ({
          account: item['account'] as string,
          service: item['service'] as string,
          share: shareAt(stateOf(item), now),
        }))
        .filter(({ share }) => share < 1)
    },
  }
}

const kind = 'Pace'

function stateOf(item: Item | undefined): PaceState | undefined {
  return item && { share: Number(item['share']), at: Number(item['at']) }
}
