import type { Item, Table, Update } from '../domain/table.ts'
import type { Ref } from '../domain/store.ts'
import { Terminal } from '../domain/errors.ts'
import { stillAs } from './guards.ts'
import { type Stored, keyOf, living } from './record.ts'
import { tryUpdate, untilWritten } from './writing.ts'

/**
 * Changes a resource without its lease: reads, decides, and writes if nothing that it rests on changed meanwhile,
 * else again. `decide` answers undefined to write nothing. Undefined when there is no such resource.
 */
export async function change(
  table: Table,
  ref: Ref,
  decide: (item: Stored) => Update | undefined,
): Promise<Item | undefined> {
  const key = keyOf(ref)
  const { item } = await untilWritten(key, async () => {
    const before = living(await table.get(key))
    const update = before && decide(before)
    if (before === undefined || update === undefined) return { item: before }
    const after = await tryUpdate(table, key, update, stillAs(before))
    return after && { item: after }
  })
  return item
}

/** The same, for what makes no sense without the resource. */
export async function changeExisting(
  table: Table,
  ref: Ref,
  decide: (item: Stored) => Update | undefined,
): Promise<Item> {
  const item = await change(table, ref, decide)
  if (item) return item
  throw new Terminal(`there is no ${ref.kind} ${ref.name}`, {
    fix: 'check the name, or declare it first',
    absent: true,
  })
}

/** One update out of several parts. */
export function together(...parts: readonly Update[]): Required<Pick<Update, 'set' | 'remove'>> {
  return { set: parts.flatMap(({ set = [] }) => set), remove: parts.flatMap(({ remove = [] }) => remove) }
}
