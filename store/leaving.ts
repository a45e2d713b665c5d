import { lately, type Fleet } from '../domain/fleet.ts'
import type { Table } from '../domain/table.ts'
import { asJson } from './record.ts'
import type { StoreOptions } from './settings.ts'
import { tryUpdate, untilWritten } from './writing.ts'

/** One item for all sources, so that of those that ask at once each sees those before it. */
export function createLeaving(table: Table, { clock }: Pick<StoreOptions, 'clock'>): Pick<Fleet, 'leave'> {
  return {
    leave: (source, workloads, whyNot) =>
      untilWritten(key, async () => {
        const item = await table.get(key)
        const now = clock.now()
        const before = (item?.['leaving'] ?? {}) as Leaving
        const recent = Object.entries(before).filter(([, { at }]) => now - at < lately)
        const elsewhere = recent.filter(([, one]) => one.source !== source).map(([name]) => name)
        const objection = whyNot(elsewhere)
        if (objection !== undefined) return { objection }
        const mine = workloads.map((name) => [name, { source, at: now }] as const)
        const leaving: Leaving = Object.fromEntries([...recent.slice(-most), ...mine])
        const asRead = item
          ? ({ op: 'equals', path: ['revision'], value: item.revision } as const)
          : ({ op: 'absent', path: ['leaving'] } as const)
        return (await tryUpdate(table, key, { set: [[['leaving'], asJson(leaving)]] }, asRead)) && {}
      }).then((answer: { readonly objection?: string }) => answer.objection),
  }
}

type Leaving = Readonly<Record<string, { readonly source: string; readonly at: number }>>

const key = 'Fleet/leaving'
/** An item has 400 KB. More within that time is far beyond what any brake lets pass unasked. */
const most = 2_000
