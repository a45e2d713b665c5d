import { canonical } from '../domain/hash.ts'
import type { Condition, Status } from '../domain/records.ts'
import type { Store } from '../domain/store.ts'
import type { Path, Table, Update } from '../domain/table.ts'
import { together } from './changing.ts'
import { closing, unseen } from './drift.ts'
import { isHeldBy, oldFence, stillAs } from './guards.ts'
import { type Stored, asJson, keyOf } from './record.ts'
import type { Settings } from './settings.ts'
import { settling } from './settling.ts'
import { tryUpdate, untilWritten } from './writing.ts'

/** A status is written only when it says something new (P1). */
export function createStatus(table: Table, { clock }: Pick<Settings, 'clock'>): Pick<Store, 'report'> {
  return {
    report: (ref, fence, status, reported, answered = [], drift) =>
      untilWritten(keyOf(ref), async () => {
        const key = keyOf(ref)
        const item = await table.get(key)
        if (!isHeldBy(item, fence)) throw oldFence(key, fence)
        const told = truthful(item, status)
        const closed = drift === undefined ? {} : closing(item, drift, clock.now())
        const { set, remove } = together(
          { set: [...newStatus(item, told), ...newReports(item, reported)] },
          { remove: answered.filter((run) => item.runs?.[run] !== undefined).map((run): Path => ['runs', run]) },
          settling(item, told, clock.now()),
          closed,
          { remove: item.restoring && isFound(told) ? [['restoring']] : [] },
        )
        if (set.length + remove.length === 0) return 'unchanged'
        const condition = drift === undefined ? stillAs(item) : unseen(item)
        return (await tryUpdate(table, key, { set, remove }, condition)) && 'updated'
      }),
  }
}

/** What was declared, or retired, while the holder was at work is not what it found ready (P10). */
function truthful(item: Stored, status: Status): Status {
  if (status.phase !== 'Ready') return status
  if (item.intent === 'retire') return { ...status, phase: 'Retiring' }
  return status.observedGeneration === item.generation ? status : { ...status, phase: 'Pending' }
}

/** All of it is on record again, and on the branch: from here on a tag alone is no proof any more. */
function isFound({ error, conditions }: Status): boolean {
  return error === undefined && conditions.every(({ reason }) => reason !== 'Held' && reason !== 'Paused')
}

type Sets = NonNullable<Update['set']>

function newStatus(item: Stored, given: Status): Sets {
  const old = item['status'] as unknown as Status
  const status = keepingTimes(old, given)
  return canonical(ordered(status)) === canonical(ordered(old)) ? [] : [[['status'], asJson(status)]]
}

function newReports(item: Stored, reported: Readonly<Record<string, string>>): Sets {
  const old = item['reported'] as Readonly<Record<string, string>>
  return Object.entries(reported)
    .filter(([channel, hash]) => old[channel] !== hash)
    .map(([channel, hash]) => [['reported', channel], hash])
}

/** A condition's `since` and an error's `at` are when it began: they stay while the rest says the same. */
function keepingTimes(old: Status, given: Status): Status {
  const conditions = given.conditions.map((condition) => {
    const before = old.conditions.find((other) => subjectOf(other) === subjectOf(condition))
    const same = before?.status === condition.status && before.reason === condition.reason
    return same ? { ...condition, since: before.since } : condition
  })
  const { error } = given
  const sameError = error && old.error && canonical({ ...error, at: '' }) === canonical({ ...old.error, at: '' })
  return { ...given, conditions, ...(sameError ? { error: { ...error, at: old.error.at } } : {}) }
}

function ordered(status: Status): Status {
  return { ...status, conditions: status.conditions.toSorted((a, b) => (subjectOf(a) < subjectOf(b) ? -1 : 1)) }
}

function subjectOf({ capability, cluster }: Condition): string {
  return `${capability}/${cluster ?? '-'}`
}
