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

interface DueOptions extends PageOptions {
  readonly from?: number
}

type Order = (a: Entry, b: Entry) => number

interface Range {
  /** In order; true from some entry on. */
  readonly begun: (entry: Entry) => boolean
  /** In order; true from some entry on, which and whose followers are not of the range. */
  readonly over: (entry: Entry) => boolean
}

/**
 * Both indexes over the items that `read` knows. They see the writes in their order, the newest ones later, and what
 * they have seen they keep. In order, because a fleet's are read page by page.
 */
export function memoryIndex(read: (key: string) => Item | undefined, lag: () => number) {
  const seen = new Map<string, Entry>()
  const unseen: Entry[] = []
  const kinds = new Map<string, Entry[]>()
  const times: Entry[] = []

  function catchUp(): void {
    for (const entry of unseen.splice(0, Math.max(0, unseen.length - lag()))) {
      const before = seen.get(entry.key)
      seen.set(entry.key, entry)
      if (before?.kind !== entry.kind) {
        if (typeof before?.kind === 'string') drop(ofKind(before.kind), before, byKey)
        if (typeof entry.kind === 'string') insert(ofKind(entry.kind), entry, byKey)
      }
      if (before?.attentionAt !== entry.attentionAt) {
        if (typeof before?.attentionAt === 'number') drop(times, before, byTime)
        if (typeof entry.attentionAt === 'number') insert(times, entry, byTime)
      }
    }
  }

  function ofKind(kind: string): Entry[] {
    const known = kinds.get(kind) ?? []
    kinds.set(kind, known)
    return known
  }

  function take(sorted: readonly Entry[], { limit, cursor }: PageOptions, order: Order, { begun, over }: Range) {
    const after = startAfter(cursor)
    const taken: Entry[] = []
    const start = firstOf(sorted, (entry) => begun(entry) && (after === undefined || order(entry, after) > 0))
    for (let index = start; index < sorted.length && taken.length < limit; index++) {
      const entry = sorted[index] as Entry
      if (over(entry)) break
      taken.push(entry)
    }
    const last = taken.at(-1)
    // As DynamoDB: a full page has a cursor, even when nothing comes after it.
    return { taken, next: last && taken.length === limit ? { cursor: JSON.stringify(last) } : {} }
  }

  function inTime(until: number, { from = -Infinity, ...options }: DueOptions) {
    catchUp()
    const begun = ({ attentionAt }: Entry) => Number(attentionAt) >= from
    return take(times, options, byTime, { begun, over: ({ attentionAt }) => Number(attentionAt) > until })
  }

  return {
    note(key: string, { kind, attentionAt }: Attributes): void {
      unseen.push({ key, kind, attentionAt })
    },
    dueKeys: (until: number, options: DueOptions): KeyPage => {
      const { taken, next } = inTime(until, options)
      return { keys: taken.map(({ key, attentionAt }) => ({ key, attentionAt: Number(attentionAt) })), ...next }
    },
    due: (until: number, options: DueOptions): Page => {
      const { taken, next } = inTime(until, options)
      const isDue = ({ attentionAt }: Item) =>
        typeof attentionAt === 'number' && attentionAt >= (options.from ?? -Infinity) && attentionAt <= until
      return { items: taken.flatMap(({ key }) => read(key) ?? []).filter(isDue), ...next }
    },
    ofKind: (kind: string, { prefix = '', ...options }: PageOptions & { readonly prefix?: string }): Page => {
      catchUp()
      const begun = (entry: Entry) => byKey(entry, { key: prefix }) >= 0
      const over = ({ key }: Entry) => !key.startsWith(prefix)
      const { taken, next } = take(ofKind(kind), options, byKey, { begun, over })
      return { items: taken.flatMap(({ key }) => read(key) ?? []).filter((item) => item['kind'] === kind), ...next }
    },
  }
}

function insert(sorted: Entry[], entry: Entry, order: Order): void {
  sorted.splice(
    firstOf(sorted, (other) => order(other, entry) >= 0),
    0,
    entry,
  )
}

function drop(sorted: Entry[], entry: Entry, order: Order): void {
  sorted.splice(
    firstOf(sorted, (other) => order(other, entry) >= 0),
    1,
  )
}

/** Of a list that `isThere` divides into those before and those from there on. */
function firstOf(sorted: readonly Entry[], isThere: (entry: Entry) => boolean): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isThere(sorted[middle] as Entry)) high = middle
    else low = middle + 1
  }
  return low
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
