import { parkedAt, type RecordOf, type Ref, type Store, type Waiting } from '../domain/store.ts'
import type { Item, KeyPage, Page, Table } from '../domain/table.ts'
import { createAdmission } from './admission.ts'
import { createBurial } from './burial.ts'
import { createDrift } from './drift.ts'
import { createLeases } from './leases.ts'
import { createLedger } from './ledger.ts'
import { createOnce } from './once.ts'
import { createOperations } from './operations.ts'
import { keyOf, refOf, toRecord } from './record.ts'
import { createRemovals } from './removals.ts'
import { createRequests } from './requests.ts'
import { createRestoring } from './restoring.ts'
import { type StoreOptions, settingsOf } from './settings.ts'
import { createSources } from './sources.ts'
import { createStatus } from './status.ts'

const pageSize = 100

/** The store over any `Table`; domain/store.ts says what each member promises. */
export function createStore(table: Table, options: StoreOptions): Store {
  const settings = settingsOf(options)
  return {
    leases: createLeases(table, settings),
    deliveries: createOnce(table, settings),
    requests: createRequests(table, settings),

    async get<Kind extends keyof RecordOf>(ref: Ref<Kind>) {
      const item = await table.get(keyOf(ref))
      return item && (toRecord(item) as RecordOf[Kind])
    },
    async getMany<Kind extends keyof RecordOf>(refs: readonly Ref<Kind>[]) {
      return (await table.getMany(refs.map(keyOf))).map((item) => toRecord(item) as RecordOf[Kind])
    },
    async list<Kind extends keyof RecordOf>(kind: Kind, options: Named = {}) {
      const items = await collect((page) => table.ofKind(kind, { ...page, ...keysOf(kind, options) }), Infinity)
      return items.map((item) => toRecord(item) as RecordOf[Kind])
    },
    async page<Kind extends keyof RecordOf>(kind: Kind, options: Named & { limit: number; cursor?: string }) {
      const { items, cursor } = await table.ofKind(kind, { ...options, ...keysOf(kind, options) })
      const records = items.map((item) => toRecord(item) as RecordOf[Kind])
      return { records, ...(cursor === undefined ? {} : { cursor }) }
    },
    async due(until, limit) {
      const items = await collect((page) => table.due(until, page), limit)
      return items.map(toRecord).map(({ kind, name }) => ({ kind, name }))
    },
    async attention({ from, until }, limit) {
      const earliest = from === undefined ? {} : { from }
      return (await collect((page) => table.due(until, { ...page, ...earliest }), limit)).map(toRecord)
    },
    waiting: (until, limit) => waiting(table, until, limit),
    async parked(limit) {
      return (await waiting(table, parkedAt, limit, parkedAt)).map(({ ref }) => ref)
    },

    declare: createAdmission(table, settings),
    ...createOperations(table, settings),
    ...createStatus(table, settings),
    ...createSources(table, settings),
    ...createDrift(table, settings),
    ...createRemovals(table, settings),
    ...createRestoring(table, settings),
    bury: createBurial(table),
    ledger: (ref, fence, capability, cluster) => createLedger(table, ref, fence, capability, cluster),
  }
}

async function waiting(table: Table, until: number, limit: number, from?: number): Promise<readonly Waiting[]> {
  const found: Waiting[] = []
  let page: KeyPage = { keys: [] }
  do {
    const next = {
      ...(page.cursor === undefined ? {} : { cursor: page.cursor }),
      ...(from === undefined ? {} : { from }),
    }
    page = await table.dueKeys(until, { limit: limit - found.length, ...next })
    found.push(...page.keys.map(({ key, attentionAt }) => ({ ref: refOf(key), at: attentionAt })))
  } while (page.cursor !== undefined && found.length < limit)
  return found
}

interface Named {
  readonly prefix?: string
}

function keysOf(kind: keyof RecordOf, { prefix }: Named): Named {
  return prefix === undefined ? {} : { prefix: keyOf({ kind, name: prefix }) }
}

/** A page may hold fewer items than asked for, and none, with more to come. */
async function collect(
  read: (page: { limit: number; cursor?: string }) => Promise<Page>,
  most: number,
): Promise<Item[]> {
  const items: Item[] = []
  let page: Page = { items: [] }
  do {
    const limit = Math.min(pageSize, most - items.length)
    page = await read({ limit, ...(page.cursor === undefined ? {} : { cursor: page.cursor }) })
    items.push(...page.items)
  } while (page.cursor !== undefined && items.length < most)
  return items
}
