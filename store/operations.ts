import { Terminal } from '../domain/errors.ts'
import { hash8 } from '../domain/names.ts'
import type { WorkloadRecord } from '../domain/records.ts'
import type { Ref, Store } from '../domain/store.ts'
import type { Path, Table, Update } from '../domain/table.ts'
import { stillAs } from './guards.ts'
import { type Stored, asJson, keyOf, living, toRecord } from './record.ts'
import type { Settings } from './settings.ts'
import { wake } from './waking.ts'
import { tryUpdate, untilWritten } from './writing.ts'

interface Audit {
  readonly who: string
  readonly what: string
}

/** As many operations as a person would read back; the oldest make room. */
const auditLength = 100

/** What people and other resources ask of a resource, besides its spec. None needs the lease. */
export function createOperations(
  table: Table,
  settings: Settings,
): Pick<Store, 'retire' | 'transfer' | 'touch' | 'adopt'> {
  const soon = () => settings.clock.now() + settings.graceMilliseconds

  /** Reads, decides, and writes if nothing it rests on changed meanwhile; `decide` answers undefined to write nothing. */
  async function change<Absent>(
    ref: Ref,
    decide: (item: Stored) => Update | undefined,
    absent: () => Absent,
  ): Promise<WorkloadRecord | Absent> {
    const key = keyOf(ref)
    const { done } = await untilWritten(key, async () => {
      const item = living(await table.get(key))
      if (item === undefined) return { done: absent() }
      const update = decide(item)
      if (update === undefined) return { done: toRecord<'Workload'>(item) }
      const written = await tryUpdate(table, key, update, stillAs(item))
      return written && { done: toRecord<'Workload'>(written) }
    })
    return done
  }

  return {
    retire: (ref, audit) =>
      change(
        ref,
        (item) =>
          item.intent === 'retire' ? undefined : withSets(retirement(item, soon()), audited(item, audit, settings)),
        () => undefined,
      ),

    async transfer(ref, to, audit) {
      const origin: Update = { set: [[['origin'], { source: to }]] }
      await change(
        ref,
        (item) => (item.origin.source === to ? undefined : withSets(origin, audited(item, audit, settings))),
        () => nothingThere(ref, 'transfer'),
      )
    },

    async touch(ref) {
      const wakeNow = (item: Stored) => wake(item, settings.clock.now())
      await change(
        ref,
        (item) => (wakeNow(item).set.length > 0 ? wakeNow(item) : undefined),
        () => undefined,
      )
    },

    async adopt(ref, claims, audit) {
      const adopted: Update = {
        set: Object.entries(claims).map(([what, claim]) => [['claims', what], { ...claim, adopted: true }]),
      }
      await change(
        ref,
        (item) => withSets(withSets(adopted, wake(item, soon())), audited(item, audit, settings)),
        () => nothingThere(ref, 'adopt for'),
      )
    },
  }
}

function retirement(item: Stored, at: number): Update {
  const { set } = wake(item, at)
  return { set: [[['intent'], 'retire'], [['status', 'phase'], 'Retiring'], ...set] }
}

/** Members of a map under the time and what was done, so that two operations at once do not lose each other. */
function audited(item: Stored, audit: Audit, { clock }: Settings): Update {
  const at = new Date(clock.now()).toISOString()
  const id = `${at} ${hash8(audit.who, audit.what)}`
  const oldest = Object.keys(item.audit ?? {})
    .sort()
    .slice(0, 1 - auditLength)
    .filter((other) => other !== id)
  return {
    set: [[['audit', id], asJson({ at, ...audit })]],
    remove: oldest.map((other): Path => ['audit', other]),
  }
}

function withSets(update: Update, more: Update): Update {
  return {
    set: [...(update.set ?? []), ...(more.set ?? [])],
    remove: [...(update.remove ?? []), ...(more.remove ?? [])],
  }
}

function nothingThere(ref: Ref, doing: string): never {
  throw new Terminal(`there is no ${ref.kind} ${ref.name} to ${doing}`, {
    fix: 'check the name, or declare it first',
  })
}
