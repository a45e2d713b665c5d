import { Terminal } from '../domain/errors.ts'
import type { Item, Json, KeyPage, Page } from '../domain/table.ts'
import type { Attributes } from './check.ts'

interface Entry {
  readonly key: string
  readonly kind?: Json | undefined
  readonly attentionAt?: Json | undefined
}

interface PageOptions {
  readonly limit: number
  readonly cursor?: string
}

/**
 * Both indexes over the items that `read` knows. They see the writes in their order, the newest ones later, and what
 * they have seen they keep.
 */
export function memoryIndex(read: (key: string) => Item | undefined, lag: () => number) {
  const seen = new Map<string, Entry>()
  const unseen: Entry[] = []

  function entries(): Entry[] {
    for (const entry of unseen.splice(0, Math.max(0, unseen.length - lag()))) seen.set(entry.key, entry)
    return [...seen.values()]
  }

  type Order = (a: Entry, b: Entry) => number
  type Wanted = (item: Entry) => boolean

  function take({ limit, cursor }: PageOptions, order: Order, wanted: Wanted) {
    const after = startAfter(cursor)
    const rest = entries().filter((entry) => wanted(entry) && (after === undefined || order(entry, after) > 0))
    const taken = rest.sort(order).slice(0, limit)
    const last = taken.at(-1)
    // As DynamoDB: a full page has a cursor, even when nothing comes after it.
    return { taken, next: last && taken.length === limit ? { cursor: JSON.stringify(last) } : {} }
  }

  function page(options: PageOptions, order: Order, wanted: Wanted): Page {
    const { taken, next } = take(options, order, wanted)
    return { items: taken.flatMap(({ key }) => read(key) ?? []).filter(wanted), ...next }
  }

  return {
    note(key: string, { kind, attentionAt }: Attributes): void {
      unseen.push({ key, kind, attentionAt })
    },
    dueKeys: (until: number, { from = -Infinity, ...options }: PageOptions & { readonly from?: number }): KeyPage => {
      const isWanted: Wanted = ({ attentionAt }) =>
        typeof attentionAt === 'number' && attentionAt >= from && attentionAt <= until
      const { taken, next } = take(options, byTime, isWanted)
      return { keys: taken.map(({ key, attentionAt }) => ({ key, attentionAt: Number(attentionAt) })), ...next }
    },
    due: (until: number, { from = -Infinity, ...options }: PageOptions & { readonly from?: number }): Page =>
      page(
        options,
        byTime,
        ({ attentionAt }) => typeof attentionAt === 'number' && attentionAt >= from && attentionAt <= until,
      ),
    ofKind: (kind: string, { prefix = '', ...options }: PageOptions & { readonly prefix?: string }): Page =>
      page(options, byKey, (entry) => entry.kind === kind && entry.key.startsWith(prefix)),
  }
}

function startAfter(cursor: string | undefined): Entry | undefined {
  try {
    return cursor === undefined ? undefined : (JSON.parse(cursor) as Entry)
  } catch (cause) {
    throw new Terminal('this cursor is not one of this table', { cause, fix: 'start again without a cursor' })
  }
}

function byTime(a: Entry, b: Entry): number {
  return Number(a.attentionAt) - Number(b.attentionAt) || byKey(a, b)
}

/** DynamoDB orders texts by their UTF-8 bytes. */
function byKey(a: Entry, b: Entry): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))
}
