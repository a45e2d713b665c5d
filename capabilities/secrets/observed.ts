import type { ObservedEntry } from '../../secretentries/index.ts'
import { ownership } from '../../domain/ownership.ts'
import type { Ownership } from '../../domain/ownership.ts'
import type { Credential } from '../../domain/records.ts'
import type { DesiredEntry, SecretsDesired } from './desired.ts'
import { keysOf } from './desired.ts'

/** What looking into a version found: names of keys, never values. */
export interface Inspection {
  readonly versionId: string
  readonly asked: readonly string[]
  readonly missing: readonly string[]
}

export interface Observed {
  readonly entry: ObservedEntry
  /** Only when there was something to find out that the record does not know. */
  readonly inspection: Inspection | undefined
}

/** By entry. */
export type SecretsObserved = Readonly<Record<string, Observed>>

export function ownershipOf(desired: SecretsDesired, wanted: DesiredEntry, found: ObservedEntry): Ownership {
  return ownership({
    what: `secret ${wanted.secret}`,
    adopt: wanted.adopt,
    claim: wanted.claim,
    restoring: desired.restoring,
    installation: desired.installation,
    found: found.status === 'absent' ? undefined : { id: found.arn, name: wanted.secret, tags: found.tags },
  })
}

/** The version that has AWSCURRENT. */
export function currentVersion(found: ObservedEntry): string | undefined {
  if (found.status !== 'present') return undefined
  return Object.keys(found.versions).find((id) => found.versions[id]?.includes('AWSCURRENT'))
}

/**
 * The version whose value has to be looked at, because the record does not say whether it holds the declared keys.
 * Undefined in all other cases, so that a reconcile reads no values (P3): a version is looked into once, and again
 * only when other keys are asked for. A generated value is Fairway's own, except right after it was adopted, or
 * when nothing of it is on record any more.
 */
export function versionToInspect(wanted: DesiredEntry, found: ObservedEntry, restoring: boolean): string | undefined {
  const { credential, claim } = wanted
  const content = wanted.wanted?.content
  const current = currentVersion(found)
  if (!content || current === undefined) return undefined
  if (content.kind === 'generated') return (claim?.adopted || restoring) && !credential ? current : undefined
  return isKnown(credential, current, keysOf(content)) ? undefined : current
}

function isKnown(credential: Credential | undefined, version: string, keys: readonly string[]): boolean {
  if (holds(credential, version, keys)) return true
  return knownMissing(credential, version, keys) !== undefined
}

/** The record says that this version is pinned and holds all these keys. */
export function holds(credential: Credential | undefined, version: string, keys: readonly string[]): boolean {
  return (
    credential?.state === 'current' &&
    credential.versionId === version &&
    keys.every((key) => credential.keys?.includes(key))
  )
}

/** The record says that this version was asked for exactly these keys, and which it lacks. */
export function knownMissing(
  credential: Credential | undefined,
  version: string,
  keys: readonly string[],
): readonly string[] | undefined {
  const { incomplete } = credential ?? {}
  if (incomplete?.versionId !== version || incomplete.asked.length !== keys.length) return undefined
  return keys.every((key) => incomplete.asked.includes(key)) ? incomplete.missing : undefined
}

/** The generation that a staging label stands for; undefined when it is not one of ours. */
export function labelled(stage: string): number | undefined {
  const digits = /^fairway-g(\d+)$/.exec(stage)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The generation of a version that no record knows: the one that it is labelled with, else the next. */
export function generationOf(found: ObservedEntry, version: string): number {
  const own = found.status === 'absent' ? [] : generations(found.versions[version] ?? [])
  return own.length > 0 ? Math.max(...own) : nextGeneration(found)
}

/** The next after all that versions are labelled with: 1 for what never was Fairway's. */
export function nextGeneration(found: ObservedEntry): number {
  return found.status === 'absent' ? 1 : Math.max(0, ...Object.values(found.versions).flatMap(generations)) + 1
}

function generations(stages: readonly string[]): readonly number[] {
  return stages.flatMap((stage) => labelled(stage) ?? [])
}
