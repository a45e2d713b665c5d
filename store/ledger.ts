import type { Ledger } from '../domain/capability.ts'
import type { Ref } from '../domain/store.ts'
import type { Table, Update } from '../domain/table.ts'
import { Conflict } from '../domain/errors.ts'
import { heldBy, oldFence } from './guards.ts'
import { asJson, keyOf } from './record.ts'

/**
 * Each write is one member of a map, on the fence alone and not on the revision: the functions of one execution
 * work at the same time, under one fence, on different members.
 */
export function createLedger(table: Table, ref: Ref, fence: number, capability: string, cluster: string): Ledger {
  const key = keyOf(ref)
  const claimPath = (what: string) => ['claims', `${capability}/${cluster}/${what}`]

  async function write(update: Update): Promise<void> {
    try {
      await table.update(key, update, heldBy(fence))
    } catch (error) {
      throw error instanceof Conflict ? oldFence(key, fence) : error
    }
  }

  return {
    claim: (what, claim) => write({ set: [[claimPath(what), asJson(claim)]] }),
    release: (what) => write({ remove: [claimPath(what)] }),
    credential: (entry, credential) => write({ set: [[['credentials', `${cluster}/${entry}`], asJson(credential)]] }),
  }
}
