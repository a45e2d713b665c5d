import { generationStage } from '../../domain/names.ts'
import { delivered } from '../../secretentries/index.ts'
import type { ObservedEntry } from '../../secretentries/index.ts'
import type { Action } from './actions.ts'
import type { Wanted } from './desired.ts'

/**
 * Every generation that works keeps `fairway-g<generation>`, so that its version is not pruned while a branch pins
 * it; one that has ended loses it. A secret has room for 20 labels in all.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export function planLabels({ memory, secret }: Wanted, entry: ObservedEntry): Action[] {
  const { credential } = memory
  if (entry.status !== 'present' || credential?.state !== 'current') return []
  const working = delivered(credential)
  const missing = working.flatMap(({ generation, versionId }): Action[] => {
    const stages = entry.versions[versionId]
    if (!stages || stages.includes(generationStage(generation))) return []
    return [{ type: 'label', summary: `label version ${generation} of ${secret}`, secret, versionId, generation }]
  })
  return [
    ...missing,
    ...ended(
      entry.versions,
      working.map(({ versionId }) => versionId),
      secret,
    ),
  ]
}

function ended(
  versions: Readonly<Record<string, readonly string[]>>,
  working: readonly string[],
  secret: string,
): Action[] {
  return Object.entries(versions)
    .filter(([versionId]) => !working.includes(versionId))
    .flatMap(([versionId, stages]) =>
      stages.flatMap((stage): Action[] => {
        const [, digits] = /^fairway-g(\d+)$/.exec(stage) ?? []
        if (digits === undefined) return []
        const generation = Number(digits)
        const summary = `unlabel version ${generation} of ${secret}`
        return [{ type: 'unlabel', step: 'prune', summary, secret, versionId, generation }]
      }),
    )
}
