import type { Action, Observed, Recovered } from './actions.ts'
import { accountName } from './account.ts'
import { roleClaim } from './desired.ts'
import type { Wanted } from './desired.ts'

/**
 * What a lost table knew, and other places still know. Nothing else is planned before it is on record again: without it
 * a credential that pods run with would look as if there were none.
 */
export function planRecovery(desired: Wanted, observed: Extract<Observed, { ours: true }>): Action[] {
  const { account, role, incarnation, memory, secret } = desired
  const { entry, record, recovered } = observed
  const actions: Action[] = []
  if (recovered && entry.status === 'present') {
    actions.push({
      type: 'recover',
      summary: `record credentials ${recovered.generation} of ${secret} again`,
      credential: recovered,
      role: { id: roleClaim(desired), incarnation },
      secret: { id: entry.arn, incarnation },
    })
  }
  if (record?.roles[role]?.incarnation === 0) {
    actions.push({
      type: 'recognise',
      summary: `find again what the key of ${role} in ${accountName(account)} was derived from`,
      account,
      role,
      incarnation,
      upTo: (recovered ?? memory.credential)?.generation ?? 0,
    })
  }
  return actions
}

/** The generation of the current version, as it is labelled; undefined when nothing of ours is there. */
export function currentGeneration(
  versions: Readonly<Record<string, readonly string[]>>,
): Pick<Recovered, 'versionId' | 'generation' | 'highest'> | undefined {
  for (const [versionId, stages] of Object.entries(versions)) {
    const own = generationsIn(stages)
    if (!stages.includes('AWSCURRENT') || own.length === 0) continue
    const generation = Math.max(...own)
    // After a roll-back a later one may still be labelled: its number is not used again.
    const highest = Math.max(...Object.values(versions).flatMap(generationsIn))
    return { versionId, generation, ...(highest > generation ? { highest } : {}) }
  }
  return undefined
}

function generationsIn(stages: readonly string[]): readonly number[] {
  return stages.flatMap((stage) => /^fairway-g(\d+)$/.exec(stage)?.[1] ?? []).map(Number)
}
