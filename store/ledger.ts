import type { Ledger } from '../domain/capability.ts'
import type { Ref } from '../domain/store.ts'
import type { Table } from '../domain/table.ts'
import { writeHeld } from './guards.ts'
import { asJson, keyOf } from './record.ts'

/**
 * Each write is one member of a map, on the fence alone and not on the revision: the functions of one execution
 * work at the same time, under one fence, on different members.
 */
export function createLedger(table: Table, ref: Ref, fence: number, capability: string, cluster: string): Ledger {
  const key = keyOf(ref)
  const claim = (what: string) => ['claims', `${capability}/${cluster}/${what}`]
  const credential = (entry: string) => ['credentials', `${cluster}/${entry}`]
  return {
    claim: (what, value) => writeHeld(table, key, fence, { set: [[claim(what), asJson(value)]] }),
    release: (what) => writeHeld(table, key, fence, { remove: [claim(what)] }),
    credential: (entry, value) => writeHeld(table, key, fence, { set: [[credential(entry), asJson(value)]] }),
  }
}
