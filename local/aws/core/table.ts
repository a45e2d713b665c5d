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

  get(key: string, visible: Visible): unknown {
    return this.#records.get(key)?.findLast(visible)?.value
  }

  /** In order of key. */
  entries(visible: Visible): [string, unknown][] {
    return [...this.#records.keys()]
      .sort(byCodeUnit)
      .map((key): [string, unknown] => [key, this.get(key, visible)])
      .filter(([, value]) => value !== undefined)
  }

  /** Keeps what a reader may still be shown who lags by `retention` milliseconds; with 0, only the newest. */
  put(key: string, version: Version, retention: number): void {
    const versions = [...(this.#records.get(key) ?? []), version]
    const oldest = retention === 0 ? versions.length - 1 : oldestNeeded(versions, version.at - retention)
    const kept = versions.slice(oldest)
    if (kept.length === 1 && kept[0]?.value === undefined) this.#records.delete(key)
    else this.#records.set(key, kept)
  }
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The newest version from before the horizon is what that reader sees; the last but one is for `stale`. */
function oldestNeeded(versions: readonly Version[], horizon: number): number {
  const last = versions.findLastIndex((version) => version.at <= horizon)
  return Math.max(0, Math.min(last, versions.length - 2))
}
