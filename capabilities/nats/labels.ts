import { generationStage } from '../../domain/names.ts'
import type { ObservedEntry } from '../../secretentries/index.ts'
import type { Action } from './actions.ts'
import type { Wanted } from './desired.ts'

/**
 * The current version and the one before it keep `fairway-g<generation>`: the one before may still be pinned on a
 * branch. Older ones lose it, because a secret has room for 20 labels in all.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export function planLabels({ memory, secret }: Wanted, entry: ObservedEntry): Action[] {
  const { credential } = memory
  if (entry.status !== 'present' || credential?.state !== 'current') return []
  const stages = entry.versions[credential.versionId]
  const { generation, versionId } = credential
  const label: Action[] =
    stages && !stages.includes(generationStage(generation))
      ? [{ type: 'label', summary: `label version ${generation} of ${secret}`, secret, versionId, generation }]
      : []
  return [...label, ...expired(entry.versions, generation, secret)]
}

function expired(versions: Readonly<Record<string, readonly string[]>>, current: number, secret: string): Action[] {
  const labelled = Object.entries(versions).flatMap(([versionId, stages]) =>
    stages.flatMap((stage) => {
      const [, digits] = /^fairway-g(\d+)$/.exec(stage) ?? []
      return digits === undefined || Number(digits) >= current ? [] : [{ versionId, generation: Number(digits) }]
    }),
  )
  const before = Math.max(...labelled.map(({ generation }) => generation))
  return labelled
    .filter(({ generation }) => generation < before)
    .map(({ versionId, generation }) => {
      const summary = `unlabel version ${generation} of ${secret}`
      return { type: 'unlabel', summary, secret, versionId, generation }
    })
}
