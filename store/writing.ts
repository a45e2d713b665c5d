import { Conflict, RetryLater } from '../domain/errors.ts'
import type { Condition, Item, Table, Update } from '../domain/table.ts'

/** Each miss means that somebody else got something done; this many in a row do not happen to a healthy table. */
const tries = 40

/** Reads, decides and writes again while `once` answers undefined, because somebody else wrote in between. */
export async function untilWritten<Result>(key: string, once: () => Promise<Result | undefined>): Promise<Result> {
  for (let count = 0; count < tries; count++) {
    const result = await once()
    if (result !== undefined) return result
  }
  throw new RetryLater(`${key} was changed by somebody else each of ${tries} times that it was tried`)
}

/** Undefined when the condition did not hold. */
export async function tryUpdate(
  table: Table,
  key: string,
  update: Update,
  condition: Condition,
): Promise<Item | undefined> {
  return unlessConflict(table.update(key, update, condition))
}

/** Undefined when the key exists. */
export async function tryCreate(
  table: Table,
  key: string,
  attributes: Parameters<Table['create']>[1],
): Promise<Item | undefined> {
  return unlessConflict(table.create(key, attributes))
}

async function unlessConflict(written: Promise<Item>): Promise<Item | undefined> {
  try {
    return await written
  } catch (error) {
    if (error instanceof Conflict) return undefined
    throw error
  }
}
