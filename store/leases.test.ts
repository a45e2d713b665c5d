import { expect, test } from 'vitest'
import type { Store } from '../domain/store.ts'
import type { Table } from '../domain/table.ts'
import { declared, manualClock, options, quotes } from '../test/contract/store.ts'
import { memoryTable } from './memory.ts'
import { createStore } from './store.ts'

test('a function that read the record before a round ended does not answer for the round after', async () => {
  const table = memoryTable()
  const store = createStore(table, { clock: manualClock(), ...options })
  const fence = await toldToGoRound(store, 1)

  const late = createStore(
    interrupted(table, async () => {
      await store.leases.hold(quotes, fence)
      await store.declare(declared(quotes, { version: 3 }))
      expect(await store.leases.release(quotes, fence)).toBe('again')
    }),
    { clock: manualClock(), ...options },
  )
  const record = await late.leases.hold(quotes, fence)
  expect(record.generation).toBe(3)
})

/** Takes the lease, and changes the spec so that the release answers `again`. */
async function toldToGoRound(store: Store, version: number): Promise<number> {
  await store.declare(declared(quotes, { version }))
  const taken = await store.leases.acquire(quotes, 'a')
  const fence = taken.result === 'acquired' ? taken.fence : 0
  await store.declare(declared(quotes, { version: version + 1 }))
  expect(await store.leases.release(quotes, fence)).toBe('again')
  return fence
}

/** Something happens between the first read and the first write. */
function interrupted(table: Table, happens: () => Promise<void>): Table {
  let happened = false
  return {
    ...table,
    async update(key, update, condition) {
      if (!happened) {
        happened = true
        await happens()
      }
      return table.update(key, update, condition)
    },
  }
}
