/** P9: deleting is slow and loud. Pure, and the same for what a source no longer declares and for what a look finds. */

export interface BrakeLimits {
  /** As many go without anybody's go. */
  readonly workloads: number
  /** Of the fleet: more than this part of it does not go at once, from 0 to 1. */
  readonly share: number
  /** Of a System; that of the fleet when absent. */
  readonly systemShare?: number
}

/** Whatever share of a small fleet these are: nobody's single removal waits for them. */
const few = 3

export interface BrakeQuestion {
  /** Ids (`system/name`) of the workloads that would go, without those that somebody has let go. */
  readonly going: readonly string[]
  /** Of those that are on their way out already: they count for the shares. */
  readonly retiring: readonly string[]
  /** How many workloads there are by system, with all of the above. */
  readonly present: ReadonlyMap<string, number>
  readonly limits: BrakeLimits
}

/**
 * Why nothing of it goes; undefined: all of it may. One alone always may, unless it is one of many that leave at the
 * same time.
 */
export function brakeOn({ going, retiring, present, limits }: BrakeQuestion): string | undefined {
  if (going.length === 0) return undefined
  const leaving = [...new Set([...going, ...retiring])]
  const fleet = [...present.values()].reduce((sum, count) => sum + count, 0)
  if (going.length === 1) {
    if (leaving.length <= Math.max(few, limits.share * fleet)) return undefined
    return `${leaving.length} workloads would leave at the same time: more than ${percent(limits.share)} of all`
  }
  const many = `${going.length} workloads would be removed at once`
  if (going.length > limits.workloads) return `${many}, and ${limits.workloads} may be`
  if (leaving.length > limits.share * fleet) return `${many}: more than ${percent(limits.share)} of all workloads`
  const share = limits.systemShare ?? limits.share
  for (const system of new Set(going.map(systemOf))) {
    const of = leaving.filter((name) => systemOf(name) === system).length
    if (of > 1 && of > share * (present.get(system) ?? 0)) {
      return `${many}: more than ${percent(share)} of the workloads of ${system}`
    }
  }
  return undefined
}

function systemOf(name: string): string {
  return name.slice(0, name.indexOf('/'))
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
