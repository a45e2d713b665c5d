import type { Credential, PreviousGeneration } from '../../domain/records.ts'
import { delivered, end, overIn, without } from '../../secretentries/index.ts'
import type { ObservedEntry } from '../../secretentries/index.ts'
import { labelled } from './observed.ts'
import type { SecretsAction, WantedEntry } from './plan.ts'

/**
 * What was replaced goes on being delivered for the longest time of an overlap, to roll back to: nobody can tell who
 * still uses it. Then it leaves the record, and its label, so that Secrets Manager may prune it: a secret takes about
 * a hundred labelled versions. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export function ending(wanted: WantedEntry, found: ObservedEntry, planned: readonly SecretsAction[], now: number) {
  const { credential, rotation } = wanted
  // What is being replaced ends in a later round, when its successor is on record.
  if (found.status === 'absent' || credential?.state !== 'current' || planned.length > 0) return []
  const over = overIn(credential, rotation, now, () => undefined)
  const left = over.reduce(without, credential)
  return [...unpin(wanted, found, left), ...forget(wanted, left, over)]
}

function unpin({ entry, secret }: WantedEntry, found: ObservedEntry, left: Credential): SecretsAction[] {
  if (found.status === 'absent') return []
  const working = new Set(delivered(left).map(({ versionId }) => versionId))
  return Object.entries(found.versions).flatMap(([versionId, stages]) =>
    stages
      .filter((stage) => !working.has(versionId) && labelled(stage) !== undefined)
      .map((stage): SecretsAction => {
        const summary = `let go of ${stage} of the secret ${secret}`
        return { type: 'unpin', step: 'prune', summary, entry, secret, versionId, stage }
      }),
  )
}

function forget(
  { entry, secret, credential }: WantedEntry,
  left: Credential,
  over: readonly PreviousGeneration[],
): SecretsAction[] {
  if (left === credential) return []
  const summary = `end the overlap of the secret ${secret}`
  return [{ type: 'note', step: 'prune', summary, entry, secret, credential: left, events: end(entry, over, left) }]
}
