import type { Provisioner, Renderer, Waiting } from '../../domain/capability.ts'
import { delivered, overlapDue } from '../../secretentries/index.ts'
import type { PreviousGeneration } from '../../domain/records.ts'
import type { DeliveredEntry, DeliveredVersion, PlacementOutputs, SecretsOutput } from '../../domain/outputs.ts'
import { desired, keysOf } from './desired.ts'
import type { DesiredEntry, SecretsDesired, SecretsSubject } from './desired.ts'
import { currentVersion, holds, knownMissing } from './observed.ts'
import type { Observed, SecretsObserved } from './observed.ts'
import { plan } from './plan.ts'
import type { SecretsAction } from './plan.ts'
import { apply, observe } from './remote.ts'
import type { SecretsRemote } from './remote.ts'
import { render } from './render.ts'

export type { SecretsSubject } from './desired.ts'
export type { SecretsRemote } from './remote.ts'

/** Entries of a placement in Secrets Manager: those that an owner fills, and those that are made once. */
export const secrets: Provisioner<
  SecretsSubject,
  SecretsDesired,
  SecretsObserved,
  SecretsAction,
  SecretsOutput,
  SecretsRemote
> &
  Renderer<SecretsSubject, Pick<PlacementOutputs, 'secrets'>> = {
  name: 'secrets',
  per: 'placement',
  desired,
  observe,
  plan,
  apply,
  outputs,
  waiting,
  due,
  render: (subject, output) => render(subject, output.secrets),
}

function outputs(wanted: SecretsDesired): SecretsOutput | undefined {
  return wanted.ensure === 'absent'
    ? undefined
    : { entries: wanted.entries.flatMap((entry) => deliveredEntry(entry) ?? []) }
}

/**
 * What is on record is delivered, also when a later version is incomplete or the entry was deleted: the Secret in
 * the cluster is a copy, and running pods start again with it. Keys that the version does not have are left out.
 */
function deliveredEntry({ entry, secret, credential, wanted }: DesiredEntry): DeliveredEntry | undefined {
  const working = delivered(credential).filter(({ generation }) => generation > 0)
  const current = working.at(-1)
  if (!wanted || current === undefined) return undefined
  const asked = keysOf(wanted.content)
  const keysHeld = ({ keys: known }: PreviousGeneration) =>
    known && !asked.every((key) => known.includes(key)) ? known : asked
  const keys = keysHeld(current)
  const versions = working.map((one): DeliveredVersion => {
    const { versionId, generation } = one
    const own = keysHeld(one)
    return { versionId, generation, ...(own.join() === keys.join() ? {} : { keys: own }) }
  })
  return { entry, secret, versions, keys }
}

/** When the next overlap ends. */
function due({ entries }: SecretsDesired, _observed: SecretsObserved, now: number): number | undefined {
  const ends = entries.flatMap(({ credential, rotation }) => overlapDue(credential, rotation, now, false) ?? [])
  return ends.length === 0 ? undefined : Math.min(...ends)
}

function waiting(desired: SecretsDesired, observed: SecretsObserved): readonly Waiting[] {
  return desired.entries.flatMap((entry) => {
    const missing = missingKeys(entry, observed[entry.entry])
    if (missing.length === 0) return []
    const { account, region } = desired.place
    const where = `the secret ${entry.secret} (account ${account}, ${region})`
    const message = `store a JSON object with ${missing.join(', ')} in ${where}`
    return [{ reason: 'AwaitingSecret', message }]
  })
}

/** Keys that the owner of a placeholder still has to fill. */
function missingKeys({ wanted, credential }: DesiredEntry, found: Observed | undefined): readonly string[] {
  if (wanted?.content.kind !== 'placeholder') return []
  const { keys } = wanted.content
  const current = found && currentVersion(found.entry)
  if (current === undefined) return keys
  if (holds(credential, current, keys)) return []
  const { inspection } = found ?? {}
  if (inspection?.versionId === current) return inspection.missing
  return knownMissing(credential, current, keys) ?? keys
}
