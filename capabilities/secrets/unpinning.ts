import type { ObservedEntry } from '../../secretentries/index.ts'
import { labelled } from './observed.ts'
import type { SecretsAction, WantedEntry } from './plan.ts'

/**
 * The generation before the delivered one keeps its label, to roll back to; older ones lose it, so that Secrets
 * Manager may prune them: a secret takes about a hundred labelled versions.
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export function unpinning(
  { entry, secret, credential }: WantedEntry,
  found: ObservedEntry,
  planned: readonly SecretsAction[],
): SecretsAction[] {
  if (found.status === 'absent') return []
  const generation = Math.max(credential?.generation ?? 0, ...planned.map(generationOf))
  return Object.entries(found.versions).flatMap(([versionId, stages]) =>
    stages
      .filter((stage) => (labelled(stage) ?? Number.POSITIVE_INFINITY) < generation - 1)
      .map((stage): SecretsAction => {
        const summary = `let go of ${stage} of the secret ${secret}`
        return { type: 'unpin', summary, entry, secret, versionId, stage }
      }),
  )
}

function generationOf(action: SecretsAction): number {
  return action.type === 'mint' || action.type === 'pin' ? action.credential.generation : 0
}
