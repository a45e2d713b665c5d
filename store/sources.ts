import { canonical } from '../domain/hash.ts'
import type { Problem, SourceRecord } from '../domain/records.ts'
import type { Store } from '../domain/store.ts'
import type { Path, Table, Update } from '../domain/table.ts'
import { audited } from './audit.ts'
import { change, changeExisting, together } from './changing.ts'
import { isHeldBy, oldFence, writeHeld } from './guards.ts'
import { type Stored, asJson, keyOf } from './record.ts'
import type { Settings } from './settings.ts'
import { wake } from './waking.ts'

/** What reading a source found, and the go that a person gives to removals that the brake stopped (P9). */
export function createSources(
  table: Table,
  { clock, graceMilliseconds }: Settings,
): Pick<Store, 'reportSource' | 'checked' | 'releaseBrake'> {
  return {
    async reportSource(name, fence, found) {
      const key = keyOf({ kind: 'Source', name })
      const item = await table.get(key)
      if (!isHeldBy(item, fence)) throw oldFence(key, fence)
      const update = findings(item, found)
      if (update.set.length + update.remove.length > 0) await writeHeld(table, key, fence, update)
    },

    async checked(source, commit, reported) {
      await change(table, { kind: 'Source', name: source }, (before) => {
        const { head, reported: known } = before as unknown as SourceRecord
        const news = Object.entries(reported).filter(([channel, shown]) => known[channel] !== shown)
        if (head !== commit || news.length === 0) return undefined
        return { set: news.map(([channel, shown]) => [['reported', channel], shown]) }
      })
    },

    async releaseBrake(source, workloads, { who }) {
      await changeExisting(table, { kind: 'Source', name: source }, (before) => {
        const braked = new Set(before['braked'] as readonly string[])
        const released = workloads.filter((name) => braked.has(name) && before.released?.[name] === undefined)
        if (released.length === 0) return undefined
        const now = clock.now()
        return together(
          { set: released.map((name) => [['released', name], now]) },
          wake(before, now + graceMilliseconds),
          audited(before, { who, what: `let go: ${released.join(', ')}` }, now),
        )
      })
    },
  }
}

type Findings = Parameters<Store['reportSource']>[2]

function findings(item: Stored, found: Findings): Required<Pick<Update, 'set' | 'remove'>> {
  const old = item as unknown as Pick<
    SourceRecord,
    'head' | 'declared' | 'problems' | 'braked' | 'brakedWhy' | 'removed'
  >
  const head: Update = found.head === undefined || found.head === old.head ? {} : { set: [[['head'], found.head]] }
  // A go is for the removal that was braked: it does not outlast it, lest a later one passes unseen.
  const used = Object.keys(item.released ?? {}).filter((name) => !found.braked.includes(name))
  return together(
    head,
    list('declared', old.declared, found.declared),
    list('problems', old.problems, found.problems),
    list('braked', old.braked, found.braked),
    reason(old.brakedWhy, found),
    found.removed === undefined ? {} : list('removed', old.removed ?? [], found.removed),
    { remove: used.map((name): Path => ['released', name]) },
  )
}

/** Stays while something is held, until another one is given. */
function reason(old: string | undefined, { braked, brakedWhy }: Findings): Update {
  if (braked.length === 0) return old === undefined ? {} : { remove: [['brakedWhy']] }
  return brakedWhy === undefined || brakedWhy === old ? {} : { set: [[['brakedWhy'], brakedWhy]] }
}

/** In whatever order: the same members are no news. */
function list(name: string, old: readonly (Problem | string)[], found: readonly (Problem | string)[]): Update {
  const members = (of: typeof found) => canonical(of.map((member) => canonical(member)).sort())
  return members(old) === members(found) ? {} : { set: [[[name], asJson(found)]] }
}
