import { byCodeUnit } from '../core/table.ts'
import type { Version } from './state.ts'

/** The rules of staging labels, pure. https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version */

export const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'
const DAY = 86_400_000
const KEPT_UNLABELLED = 100

/**
 * Attaches labels to one version, taking each from the version that had it. When AWSCURRENT moves, AWSPREVIOUS goes
 * to the version that it left, and away from wherever it was.
 */
export function attach(versions: readonly Version[], id: string, stages: readonly string[]): Version[] {
  const before = holderOf(versions, CURRENT)
  const leaves = stages.includes(CURRENT) && before !== undefined && before.id !== id
  return versions.map((version) => {
    const taken = version.id === id ? [] : stages
    const kept = version.stages.filter((stage) => !taken.includes(stage) && !(leaves && stage === PREVIOUS))
    const gained = [...(version.id === id ? stages : []), ...(leaves && version === before ? [PREVIOUS] : [])]
    return { ...version, stages: [...new Set([...kept, ...gained])].sort(byCodeUnit) }
  })
}

export function detach(versions: readonly Version[], id: string, stage: string): Version[] {
  return versions.map((version) =>
    version.id === id ? { ...version, stages: version.stages.filter((one) => one !== stage) } : version,
  )
}

export function holderOf(versions: readonly Version[], stage: string): Version | undefined {
  return versions.find((version) => version.stages.includes(stage))
}

export function labelCount(versions: readonly Version[]): number {
  return versions.reduce((sum, version) => sum + version.stages.length, 0)
}

/**
 * Versions without labels are deprecated: beyond 100 of them the oldest go, unless they are younger than a day.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export function pruned(versions: readonly Version[], now: number): Version[] {
  const unlabelled = versions.filter((version) => version.stages.length === 0)
  const surplus = unlabelled.slice(0, Math.max(0, unlabelled.length - KEPT_UNLABELLED))
  const gone = new Set(surplus.filter((version) => version.createdAt <= now - DAY))
  return versions.filter((version) => !gone.has(version))
}
