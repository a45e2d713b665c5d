/**
 * Records that remember what they were, so that a read may lag behind the writes: IAM, Pod Identity and
 * ListSecrets are eventually consistent. Values are plain JSON and never changed in place.
 */

interface Version {
  /** Position in the order of all commits of the service. */
  readonly sequence: number
  /** Epoch milliseconds. */
  readonly at: number
  /** `undefined`: removed. */
  readonly value: unknown
}

/** Which commits a reader sees. */
export type Visible = (commit: { readonly sequence: number; readonly at: number }) => boolean

export const everything: Visible = () => true

export class Table {
  readonly #records = new Map<string, Version[]>()
  /** Kept in order: a list is asked for more often than a key is added, also by each creation for its quota. */
  readonly #keys: string[] = []
  #size = 0

  get(key: string, visible: Visible): unknown {
    return this.#records.get(key)?.findLast(visible)?.value
  }

  /** In order of key. */
  entries(visible: Visible): [string, unknown][] {
    const entries: [string, unknown][] = []
    for (const key of this.#keys) {
      const value = this.get(key, visible)
      if (value !== undefined) entries.push([key, value])
    }
    return entries
  }

  /** How many there are by now, whoever can see them yet: what quotas count. */
  get size(): number {
    return this.#size
  }

  /** Keeps what a reader may still be shown who lags by `retention` milliseconds; with 0, only the newest. */
  put(key: string, version: Version, retention: number): void {
    const known = this.#records.get(key) ?? []
    this.#size += Number(version.value !== undefined) - Number(known.at(-1)?.value !== undefined)
    const versions = [...known, version]
    const oldest = retention === 0 ? versions.length - 1 : oldestNeeded(versions, version.at - retention)
    const kept = versions.slice(oldest)
    if (kept.length === 1 && kept[0]?.value === undefined) this.#forget(key)
    else this.#keep(key, kept)
  }

  #keep(key: string, versions: Version[]): void {
    if (!this.#records.has(key)) this.#keys.splice(lowerBound(this.#keys, key), 0, key)
    this.#records.set(key, versions)
  }

  #forget(key: string): void {
    if (this.#records.delete(key)) this.#keys.splice(lowerBound(this.#keys, key), 1)
  }
}

/** Where a key stands, or would stand, among sorted keys. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  for (let high = keys.length; low < high;) {
    const middle = (low + high) >>> 1
    if (byCodeUnit(keys[middle] ?? '', key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The newest version from before the horizon is what that reader sees; the last but one is for `stale`. */
function oldestNeeded(versions: readonly Version[], horizon: number): number {
  const last = versions.findLastIndex((version) => version.at <= horizon)
  return Math.max(0, Math.min(last, versions.length - 2))
}
