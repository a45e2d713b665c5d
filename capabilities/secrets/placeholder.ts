import { generationStage } from '../../domain/names.ts'
import type { Credential } from '../../domain/records.ts'
import type { Content } from './desired.ts'
import { becomesCurrent, begun, exchanged, highestOf } from '../../secretentries/index.ts'
import { currentVersion, generationOf, holds } from './observed.ts'
import type { Inspection, Observed } from './observed.ts'
import type { SecretsAction, WantedEntry } from './plan.ts'

interface Question {
  readonly wanted: WantedEntry
  readonly content: Extract<Content, { kind: 'placeholder' }>
  readonly found: Observed
}

/** Pins what its owner wrote, once it holds all the keys; never writes a value. */
export function planPlaceholder({ wanted, content, found }: Question): SecretsAction[] {
  const current = currentVersion(found.entry)
  if (current === undefined) return []
  if (holds(wanted.credential, current, content.keys)) return labelling(wanted, found)
  const { inspection } = found
  if (inspection?.versionId !== current) return []
  return inspection.missing.length === 0 ? [pin(wanted, found.entry, inspection)] : [note(wanted, inspection)]
}

/** The same version with more keys is the same generation: nothing new was written. */
function pin(
  { entry, secret, credential }: WantedEntry,
  found: Observed['entry'],
  { versionId, asked }: Inspection,
): SecretsAction {
  const same = credential?.state === 'current' && credential.versionId === versionId
  const later = credential ? highestOf(credential) + 1 : generationOf(found, versionId)
  const generation = same ? credential.generation : later
  const keys = [...new Set([...(same ? (credential.keys ?? []) : []), ...asked])].toSorted()
  // Its owner went back to it: a version is one generation, however often it is the current one.
  const before = credential?.state === 'current' && credential.previous?.find((one) => one.versionId === versionId)
  const summary = `deliver version ${versionId} of the secret ${secret}`
  const next = { kind: 'placeholder', generation, versionId, keys } as const
  // What its owner wrote before stays delivered for its overlap; another incarnation's is none of this one's.
  // A tombstone knows no keys.
  const kept = credential?.state === 'current' && credential.keys !== undefined
  const previous = same && credential.previous ? { previous: credential.previous } : {}
  const pinned: Credential = same
    ? { ...next, ...previous, state: 'current' }
    : { ...begun(credential, next, kept), state: 'current' }
  const again = before ? { ...exchanged(credential, before), keys } : pinned
  const events = same ? [] : [becomesCurrent(entry, again)]
  return { type: 'pin', summary, entry, secret, credential: again, events }
}

/** What is delivered stays delivered. */
function note({ entry, secret, credential }: WantedEntry, incomplete: Inspection): SecretsAction {
  const { versionId, missing } = incomplete
  const before = credential ?? { kind: 'placeholder', generation: 0, state: 'issuing', versionId }
  const summary = `version ${versionId} of the secret ${secret} lacks ${missing.join(', ')}`
  return { type: 'note', summary, entry, secret, credential: { ...before, incomplete } }
}

function labelling({ entry, secret, credential }: WantedEntry, found: Observed): SecretsAction[] {
  if (!credential || found.entry.status !== 'present') return []
  const { versionId, generation } = credential
  if (found.entry.versions[versionId]?.includes(generationStage(generation))) return []
  const summary = `label generation ${generation} of the secret ${secret}`
  return [{ type: 'pin', summary, entry, secret, credential }]
}
