import type { CredentialEvent, Installation, Memory } from '../domain/capability.ts'
import { highestOf } from '../domain/generations.ts'
import type { Credential, Pin, PreviousGeneration, RotationRequest } from '../domain/records.ts'

/**
 * The generations of one entry, for whoever mints them: which one is in use, what somebody asked for, and when one
 * that was replaced has had its time. Pure.
 */

export interface Rotation {
  readonly request: RotationRequest | undefined
  /** What the branch has pods start with. */
  readonly pin: Pin | undefined
  readonly overlap: Installation['overlap']
}

export function rotationOf(memory: Memory, entry: string, { overlap }: Pick<Installation, 'overlap'>): Rotation {
  return { request: memory.rotations?.[entry], pin: memory.pins?.[entry], overlap }
}

/** All that work, the one that pods start with last. */
export function delivered(credential: Credential | undefined): readonly PreviousGeneration[] {
  if (credential === undefined) return []
  return credential.state === 'issuing' ? (credential.previous ?? []) : [...(credential.previous ?? []), credential]
}

/** Somebody wants a new generation, and there has been none since. */
export function isRotationAsked(credential: Credential, { request }: Rotation): boolean {
  return request?.kind === 'rotate' && highestOf(credential) <= request.above
}

/** The generation that somebody wants back; undefined when it is in use, ended, or later ones came since. */
export function rollBackTo(credential: Credential, { request }: Rotation): PreviousGeneration | undefined {
  if (request?.kind !== 'roll-back' || credential.state !== 'current') return undefined
  if (highestOf(credential) > request.above) return undefined
  return credential.previous?.find(({ generation }) => generation === request.to)
}

/** A generation that is begun: what is in use goes on being so. `kept` false: the one before works no more. */
export function begun(before: Credential | undefined, next: Omit<Credential, 'state'>, kept: boolean): Credential {
  const previous = kept ? delivered(before).map(asPrevious) : []
  return { ...next, state: 'issuing', ...(previous.length > 0 ? { previous } : {}) }
}

/** Another generation that works is made the current one. */
export function exchanged(credential: Credential, to: PreviousGeneration): Credential {
  const { kind, previous = [] } = credential
  const others = previous.filter(({ generation }) => generation !== to.generation)
  return {
    kind,
    ...to,
    state: 'current',
    reason: 'rolled back',
    highest: highestOf(credential),
    previous: [...others, asPrevious(credential)],
  }
}

/** Reasons that a person or the calendar gives. */
const asked = new Set<string | undefined>(['requested', 'renamed', 'expiry'])

export function begins(entry: string, credential: Credential, { pin }: Rotation): CredentialEvent {
  const unasked = pin !== undefined && !asked.has(credential.reason)
  return { ...happens('begun', entry, credential, credential), ...(unasked ? { unasked } : {}) }
}

export function becomesCurrent(entry: string, credential: Credential): CredentialEvent {
  return happens('promoted', entry, credential, credential)
}

export function end(entry: string, ended: readonly PreviousGeneration[], by: Credential): readonly CredentialEvent[] {
  return ended.map((generation) => happens('ended', entry, generation, by))
}

function happens(
  what: CredentialEvent['what'],
  entry: string,
  { generation, issuedAt, expiresAt }: PreviousGeneration,
  { kind, reason = kind === 'placeholder' ? 'written' : 'absent' }: Credential,
): CredentialEvent {
  const times = { ...(issuedAt === undefined ? {} : { issuedAt }), ...(expiresAt === undefined ? {} : { expiresAt }) }
  return { what, entry, generation, reason, ...times }
}

export function without({ previous = [], ...credential }: Credential, ended: PreviousGeneration): Credential {
  const left = previous.filter(({ generation }) => generation !== ended.generation)
  return left.length > 0 ? { ...credential, previous: left } : credential
}

/** As many stay beside the current one: a secret has room for 20 labels, AWS's own included. */
const mostPrevious = 8

/**
 * The replaced generations that have had their time: the branch has pinned another one for the least time and nobody
 * uses them (`isUsed` undefined: nobody can tell), or for the longest time; or they expired, or somebody wants them to
 * end now, or there are too many.
 */
export function overIn(
  credential: Credential,
  { request, pin, overlap }: Rotation,
  now: number,
  isUsed: (previous: PreviousGeneration) => boolean | undefined,
): readonly PreviousGeneration[] {
  if (credential.state === 'issuing') return []
  const previous = credential.previous ?? []
  const pinned = pin?.versionId === credential.versionId ? now - pin.since : undefined
  return previous.filter((one, index) => {
    if (index < previous.length - mostPrevious) return true
    if (request?.now && one.generation <= request.above) return true
    if (one.expiresAt !== undefined && one.expiresAt * 1000 <= now) return true
    if (pinned === undefined) return false
    return pinned >= overlap.most || (pinned >= overlap.least && isUsed(one) === false)
  })
}

/** Whether it is worth asking who uses the replaced ones. */
export function isLeastTimeOver(credential: Credential | undefined, { pin, overlap }: Rotation, now: number): boolean {
  if (credential?.state !== 'current' || !credential.previous?.length) return false
  return pin?.versionId === credential.versionId && now >= pin.since + overlap.least
}

/** Looks grow apart: whoever is still connected after an hour is not likely to be gone a minute later. */
const growth = 1.5
const firstPause = 60_000

/**
 * Epoch milliseconds of the next look at an overlap; undefined when there is none. `watched`: somebody can tell who
 * uses what.
 */
export function overlapDue(
  credential: Credential | undefined,
  rotation: Rotation,
  now: number,
  watched: boolean,
): number | undefined {
  if (credential?.state !== 'current' || !credential.previous?.length) return undefined
  const { pin, overlap } = rotation
  // Not pinned yet: the commit is under way, or the workload is looked at for what holds it up.
  if (pin?.versionId !== credential.versionId) return now + overlap.least + firstPause
  const end = Math.max(pin.since + overlap.most, now + 1)
  if (!watched) return end
  let look = pin.since + overlap.least
  for (let pause = firstPause; look <= now; pause *= growth) look += pause
  return Math.min(look, end)
}

function asPrevious(generation: PreviousGeneration): PreviousGeneration {
  const { generation: number, versionId, publicKey, issuer, issuedAt, expiresAt, renewAt, keys } = generation
  return Object.fromEntries(
    Object.entries({ generation: number, versionId, publicKey, issuer, issuedAt, expiresAt, renewAt, keys }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as unknown as PreviousGeneration
}
