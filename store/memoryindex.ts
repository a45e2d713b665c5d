import { Terminal } from '../domain/errors.ts'
import type { Item, Json, Page } from '../domain/table.ts'
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

  function page(
    { limit, cursor }: PageOptions,
    order: (a: Entry, b: Entry) => number,
    wanted: (item: Entry) => boolean,
  ): Page {
    const after = startAfter(cursor)
    const rest = entries().filter((entry) => wanted(entry) && (after === undefined || order(entry, after) > 0))
    const taken = rest.sort(order).slice(0, limit)
    const items = taken.flatMap(({ key }) => read(key) ?? []).filter(wanted)
    const last = taken.at(-1)
    // As DynamoDB: a full page has a cursor, even when nothing comes after it.
    return last && taken.length === limit ? { items, cursor: JSON.stringify(last) } : { items }
  }

  return {
    note(key: string, { kind, attentionAt }: Attributes): void {
      unseen.push({ key, kind, attentionAt })
    },
    due: (until: number, options: PageOptions): Page =>
      page(options, byTime, ({ attentionAt }) => typeof attentionAt === 'number' && attentionAt <= until),
    ofKind: (kind: string, options: PageOptions): Page => page(options, byKey, (entry) => entry.kind === kind),
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
