import { Terminal } from '../../domain/errors.ts'
import { highestOf } from '../../domain/generations.ts'
import type { Credential, PreviousGeneration, RotationRequest } from '../../domain/records.ts'

/** What is put on record about one credential for what a person asks. Pure; undefined: nothing to change. */

export interface Wish {
  /** NATS: another issuing key as well. */
  readonly key: boolean
  /** Without overlap. */
  readonly now: boolean
}

/**
 * A new generation. What an earlier request wants and has not got yet stays wanted: asking for less takes neither the
 * key nor the immediate end back.
 */
export function rotationRequest(
  credential: Credential,
  before: RotationRequest | undefined,
  wish: Wish,
): RotationRequest | undefined {
  const above = highestOf(credential)
  const open = isOpen(credential, before) && before?.kind === 'rotate' ? before : undefined
  if (open === undefined && credential.state === 'issuing' && !wish.key && !wish.now) return undefined
  const issuer = open?.issuer ?? (wish.key ? issuerOf(credential) : undefined)
  const now = wish.now || open?.now === true || isEnding(credential, before)
  const next: RotationRequest = {
    kind: 'rotate',
    above,
    ...(issuer === undefined ? {} : { issuer }),
    ...(now ? { now } : {}),
  }
  return open !== undefined && open.issuer === next.issuer && open.now === next.now ? undefined : next
}

/** An earlier generation, which still has to work. `what` names the credential, `now` is in epoch milliseconds. */
export function rollBackRequest(
  what: string,
  credential: Credential,
  before: RotationRequest | undefined,
  to: number,
  now: number,
): RotationRequest | undefined {
  if (credential.state === 'issuing' || (before?.kind === 'rotate' && isOpen(credential, before))) {
    throw new Terminal(`a new generation of ${what} is being made`, { fix: 'roll back when it is there, if need be' })
  }
  if (credential.generation === to) return undefined
  const previous = credential.previous ?? []
  const target = previous.find(({ generation }) => generation === to)
  const reason = target ? whyNot(target, credential, before, now) : whyGone(credential, to)
  if (reason !== undefined) {
    const kept = previous.filter((one) => whyNot(one, credential, before, now) === undefined)
    throw new Terminal(`generation ${to} of ${what} cannot come back: ${reason}`, { fix: instead(kept) })
  }
  if (before?.kind === 'roll-back' && before.to === to && isOpen(credential, before)) return undefined
  return { kind: 'roll-back', above: highestOf(credential), to }
}

/** A generation was begun by somebody who had not read the request yet: its issuer is the key to be replaced. */
export function isMissed(credential: Credential | undefined, { issuer, above }: RotationRequest): boolean {
  if (credential === undefined || issuer === undefined) return false
  return highestOf(credential) > above && issuerOf(credential) === issuer
}

/** A generation that somebody wants back ended before that was carried out. */
export function isTooLate(credential: Credential, request: RotationRequest): boolean {
  if (request.kind !== 'roll-back' || credential.state !== 'current' || !isOpen(credential, request)) return false
  return !(credential.previous ?? []).some(({ generation }) => generation === request.to)
}

/** Not carried out yet. */
export function isOpen(credential: Credential, request: RotationRequest | undefined): boolean {
  if (request === undefined || highestOf(credential) > request.above) return false
  return request.kind === 'rotate' || request.to !== credential.generation
}

/** Something ends without overlap, and is still on record. */
function isEnding({ previous = [] }: Credential, before: RotationRequest | undefined): boolean {
  return before?.now === true && previous.some(({ generation }) => generation <= before.above)
}

/** The role's key: that of the latest generation, which after a roll-back is not the current one. */
function issuerOf(credential: Credential): string | undefined {
  const generations: readonly PreviousGeneration[] = [credential, ...(credential.previous ?? [])]
  return generations
    .toSorted((a, b) => b.generation - a.generation)
    .flatMap(({ issuer }) => issuer ?? [])
    .at(0)
}

function whyNot(
  { generation, expiresAt, renewAt }: PreviousGeneration,
  credential: Credential,
  before: RotationRequest | undefined,
  now: number,
): string | undefined {
  if (isEnding(credential, before) && generation <= (before?.above ?? 0)) return 'it is being revoked'
  if (expiresAt !== undefined && expiresAt * 1000 <= now)
    return `it expired on ${new Date(expiresAt * 1000).toISOString()}`
  // It would be renewed at once, and no roll-back be left.
  if (renewAt !== undefined && renewAt <= now) return `it is due for renewal since ${new Date(renewAt).toISOString()}`
  return undefined
}

function whyGone(credential: Credential, to: number): string {
  const highest = highestOf(credential)
  if (to > highest) return `there was none yet; the latest is ${highest}`
  return 'it has ended: it was revoked, it expired, or its overlap is over'
}

function instead(kept: readonly PreviousGeneration[]): string {
  const rotate = '`fairway rotate` without --to makes a new generation'
  if (kept.length === 0) return `none can; ${rotate}`
  return `${kept.map(({ generation }) => generation).join(', ')} can; ${rotate}`
}
