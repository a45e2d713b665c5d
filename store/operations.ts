import type { WorkloadRecord } from '../domain/records.ts'
import type { Audit, RecordOf, Ref, Store } from '../domain/store.ts'
import type { Table, Update } from '../domain/table.ts'
import { audited } from './audit.ts'
import { change, changeExisting, together } from './changing.ts'
import { asJson, toRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { unsettled } from './settling.ts'
import { isAwake, wake } from './waking.ts'

/** What people and other resources ask of a resource, besides its spec. None needs the lease. */
export function createOperations(
  table: Table,
  { clock, graceMilliseconds }: Settings,
): Pick<Store, 'retire' | 'transfer' | 'touch' | 'ask' | 'adopt' | 'rotate'> {
  return {
    async retire(ref, audit) {
      const item = await change(table, ref, (before) => {
        if (before.intent === 'retire') return undefined
        const now = clock.now()
        return together(
          retirement,
          unsettled(before, now),
          wake(before, now + graceMilliseconds),
          audited(before, audit, now),
        )
      })
      return item && (toRecord(item) as WorkloadRecord)
    },

    async transfer(ref, to, audit) {
      await changeExisting(table, ref, (before) =>
        before.origin.source === to
          ? undefined
          : together({ set: [[['origin'], { source: to }]] }, audited(before, audit, clock.now())),
      )
    },

    async touch(ref) {
      await change(table, ref, (before) => {
        const now = clock.now()
        return isAwake(before, now) ? undefined : wake(before, now)
      })
    },

    async rotate(ref, requests, audit) {
      const each = Object.entries(requests).map(([what, request]) => [['rotations', what], asJson(request)] as const)
      await changeExisting(table, ref, (before) => {
        const now = clock.now()
        // Records of before there were any have no map to set a member in.
        const asked = before['rotations'] === undefined ? [[['rotations'], asJson(requests)] as const] : each
        return together({ set: asked }, wake(before, now + graceMilliseconds), audited(before, audit, now))
      })
    },

    async ask<Kind extends keyof RecordOf>(ref: Ref<Kind>, audit: Audit) {
      const item = await changeExisting(table, ref, (before) => {
        const now = clock.now()
        return together(wake(before, now + graceMilliseconds), audited(before, audit, now))
      })
      return toRecord(item) as RecordOf[Kind]
    },

    async adopt(ref, claims, audit) {
      const adopted = Object.entries(claims).map(([what, claim]) => {
        return [['claims', what], { ...claim, adopted: true }] as const
      })
      await changeExisting(table, ref, (before) => {
        const now = clock.now()
        return together({ set: adopted }, wake(before, now + graceMilliseconds), audited(before, audit, now))
      })
    },
  }
}

const retirement: Update = {
  set: [
    [['intent'], 'retire'],
    [['status', 'phase'], 'Retiring'],
  ],
}
