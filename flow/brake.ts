/** P9: deleting is slow and loud. Pure, and the same for what a source no longer declares and for what a look finds. */

export interface BrakeLimits {
  /** As many go without anybody's go. */
  readonly workloads: number
  /** Of a system, and of the fleet: more than this part of it does not go at once, from 0 to 1. */
  readonly share: number
}

export interface BrakeQuestion {
  /** Ids (`system/name`) of the workloads that would go, without those that somebody has let go. */
  readonly going: readonly string[]
  /** Of those that are on their way out already: they count for the shares. */
  readonly retiring: readonly string[]
  /** How many workloads there are by system, with all of the above. */
  readonly present: ReadonlyMap<string, number>
  readonly limits: BrakeLimits
}

/** Why nothing of it goes; undefined: all of it may. One alone always may. */
export function brakeOn({ going, retiring, present, limits }: BrakeQuestion): string | undefined {
  if (going.length < 2) return undefined
  const many = `${going.length} workloads would be removed at once`
  if (going.length > limits.workloads) return `${many}, and ${limits.workloads} may be`
  const leaving = [...going, ...retiring]
  const fleet = [...present.values()].reduce((sum, count) => sum + count, 0)
  if (leaving.length > limits.share * fleet) return `${many}: more than ${percent(limits.share)} of all workloads`
  for (const system of new Set(going.map(systemOf))) {
    const of = leaving.filter((name) => systemOf(name) === system).length
    if (of > 1 && of > limits.share * (present.get(system) ?? 0)) {
      return `${many}: more than ${percent(limits.share)} of the workloads of ${system}`
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
