/**
 * The store's boundary: one table of JSON items, in the vocabulary that DynamoDB has without transactions and
 * without TTL (dynalite has neither). `store/dynamodb.ts` is the real one, `store/memory.ts` its twin; one
 * contract suite holds both.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** `key` is the partition key; `revision` counts writes and is kept by the table itself. */
export interface Item {
  readonly key: string
  readonly revision: number
  readonly [attribute: string]: Json | undefined
}

/** A path of attribute names, outermost first; every name is a member of a map, never an index. */
export type Path = readonly string[]

/** Data, so that both implementations interpret the same thing. */
export type Condition =
  | { readonly op: 'absent'; readonly path: Path }
  | { readonly op: 'exists'; readonly path: Path }
  | { readonly op: 'equals'; readonly path: Path; readonly value: string | number | boolean }
  | { readonly op: 'below'; readonly path: Path; readonly value: number }
  | { readonly op: 'all'; readonly of: readonly Condition[] }
  | { readonly op: 'any'; readonly of: readonly Condition[] }

export interface Update {
  /** Parent maps must exist already, as in DynamoDB. `undefined` is not a value: use `remove`. */
  readonly set?: readonly (readonly [Path, Json])[]
  readonly remove?: readonly Path[]
  /** Adds to a number; an absent one counts as 0. */
  readonly add?: readonly (readonly [Path, number])[]
}

export interface Page {
  readonly items: readonly Item[]
  readonly cursor?: string
}

export interface KeyPage {
  readonly keys: readonly { readonly key: string; readonly attentionAt: number }[]
  readonly cursor?: string
}

export interface Table {
  /** Strongly consistent. */
  get(key: string): Promise<Item | undefined>
  /** Strongly consistent, any number of keys, in no particular order; missing ones are left out. */
  getMany(keys: readonly string[]): Promise<readonly Item[]>
  /** Creates; throws `Conflict` when the key exists. */
  create(key: string, attributes: Readonly<Record<string, Json | undefined>>): Promise<Item>
  /**
   * Changes one item and returns it whole. Throws `Conflict` when `condition` does not hold. An absent item is
   * created only if the condition holds for the empty item.
   */
  update(key: string, update: Update, condition?: Condition): Promise<Item>
  /** Throws `Conflict` when `condition` does not hold; deleting what is absent is fine without a condition. */
  remove(key: string, condition?: Condition): Promise<void>
  /**
   * The sparse index `attention`: items that carry the number `attentionAt` at or below `until`, and not below `from`,
   * earliest first. Eventually consistent.
   */
  due(
    until: number,
    options: { readonly limit: number; readonly cursor?: string; readonly from?: number },
  ): Promise<Page>
  /** The same without the items: as the index has it, which may be older than they are. */
  dueKeys(
    until: number,
    options: { readonly limit: number; readonly cursor?: string; readonly from?: number },
  ): Promise<KeyPage>
  /** The index over `kind`, all of it or the keys that begin with `prefix`. Eventually consistent, in order of key. */
  ofKind(
    kind: string,
    options: { readonly limit: number; readonly cursor?: string; readonly prefix?: string },
  ): Promise<Page>
}
