import { canonical } from '../domain/hash.ts'
import type { Condition as StatusCondition, Problem, SourceRecord, Status } from '../domain/records.ts'
import type { Ref, Store } from '../domain/store.ts'
import type { Path, Table, Update } from '../domain/table.ts'
import { heldBy, isHeldBy, oldFence } from './guards.ts'
import { type Stored, asJson, keyOf } from './record.ts'
import { tryUpdate } from './writing.ts'

/** Reports are written only when they say something new (P1). */
export function createStatus(table: Table): Pick<Store, 'report' | 'reportSource'> {
  async function held(key: string, fence: number): Promise<Stored> {
    const item = await table.get(key)
    if (!isHeldBy(item, fence)) throw oldFence(key, fence)
    return item
  }

  async function write(key: string, fence: number, update: Update): Promise<'updated' | 'unchanged'> {
    if ((update.set ?? []).length + (update.remove ?? []).length === 0) return 'unchanged'
    if (!(await tryUpdate(table, key, update, heldBy(fence)))) throw oldFence(key, fence)
    return 'updated'
  }

  return {
    async report(ref: Ref, fence, status, reported, answered = []) {
      const key = keyOf(ref)
      const item = await held(key, fence)
      return write(key, fence, {
        set: [...newStatus(item, status), ...newReports(item, reported)],
        remove: answered.filter((run) => item.runs?.[run] !== undefined).map((run): Path => ['runs', run]),
      })
    },

    async reportSource(name, fence, found) {
      const key = keyOf({ kind: 'Source', name })
      await write(key, fence, { set: newFindings(await held(key, fence), found) })
    },
  }
}

type Sets = NonNullable<Update['set']>

function newStatus(item: Stored, given: Status): Sets {
  const old = item['status'] as unknown as Status
  const status = keepingTimes(old, given)
  return canonical(sorted(status)) === canonical(sorted(old)) ? [] : [[['status'], asJson(status)]]
}

function newReports(item: Stored, reported: Readonly<Record<string, string>>): Sets {
  const old = item['reported'] as Readonly<Record<string, string>>
  return Object.entries(reported)
    .filter(([channel, hash]) => old[channel] !== hash)
    .map(([channel, hash]) => [['reported', channel], hash])
}

type Findings = Parameters<Store['reportSource']>[2]

function newFindings(item: Stored, found: Findings): Sets {
  const old = item as unknown as Pick<SourceRecord, 'head' | 'problems' | 'braked'>
  const same = (a: readonly (Problem | string)[], b: readonly (Problem | string)[]) =>
    canonical(a.map(canonical).sort()) === canonical(b.map(canonical).sort())
  return [
    ...(old.head === found.head ? [] : ([[['head'], found.head]] as Sets)),
    ...(same(old.problems, found.problems) ? [] : ([[['problems'], asJson(found.problems)]] as Sets)),
    ...(same(old.braked, found.braked) ? [] : ([[['braked'], [...found.braked]]] as Sets)),
  ]
}

/** A condition's `since` and an error's `at` are when it began: they stay while the rest says the same. */
function keepingTimes(old: Status, given: Status): Status {
  const conditions = given.conditions.map((condition) => {
    const before = old.conditions.find((other) => subjectOf(other) === subjectOf(condition))
    const same = before?.status === condition.status && before.reason === condition.reason
    return same ? { ...condition, since: before.since } : condition
  })
  const { at: oldAt, ...oldError } = old.error ?? { at: undefined }
  if (given.error === undefined || oldAt === undefined) return { ...given, conditions }
  const { at, ...error } = given.error
  const same = canonical(error) === canonical(oldError)
  return { ...given, conditions, error: { ...given.error, at: same ? oldAt : at } }
}

function sorted(status: Status): Status {
  return {
    ...status,
    conditions: [...status.conditions].sort((a, b) => (subjectOf(a) < subjectOf(b) ? -1 : 1)),
  }
}

function subjectOf({ capability, cluster }: StatusCondition): string {
  return `${capability}/${cluster ?? '-'}`
}
