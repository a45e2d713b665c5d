import { bold, dim, yellow } from 'yoctocolors'
import type { Installation } from '../../domain/capability.ts'
import { highestOf, inUse } from '../../domain/generations.ts'
import type { Credential, PreviousGeneration, RotationRequest, WorkloadRecord } from '../../domain/records.ts'
import { heldBy, type Held } from '../../flow/operations/held.ts'
import { isTooLate } from '../../flow/operations/rotationrequests.ts'

/** Credentials of a workload, for people: two lines each at most, and one more for what was asked. `now` in epoch milliseconds. */
export function credentialLines(
  record: WorkloadRecord,
  overlap: Installation['overlap'] | undefined,
  now: number,
): readonly string[] {
  return heldBy(record).flatMap((held) => [
    `  ${bold(held.key.padEnd(24))} ${described(held.credential, now)}`,
    ...others(record, held, overlap, now),
    ...asked(held.credential, record.rotations?.[held.key]),
  ])
}

function described(credential: Credential, now: number): string {
  const used = inUse(credential)
  const { kind } = credential
  if (used === undefined && kind === 'placeholder')
    return `${kind}  ${yellow('waits for the value that its owner writes')}`
  if (used === undefined) return `${kind}  ${yellow(`generation ${credential.generation} is being made`)}`
  const making =
    credential.state === 'issuing' ? `, ${yellow(`generation ${credential.generation} is being made`)}` : ''
  const why = used.generation === credential.generation ? credential.reason : undefined
  const issued = used.issuedAt === undefined ? [] : [`issued ${day(used.issuedAt * 1000)}`]
  const renewed = used.renewAt === undefined ? [] : [`renewed from ${day(used.renewAt)}`]
  const facts = [`generation ${used.generation}`, ...expiry(used, now), ...renewed, ...issued].join(', ')
  return `${kind}  ${facts}${why === undefined ? '' : ` (${why})`}${making}`
}

function expiry({ expiresAt }: PreviousGeneration, now: number): readonly string[] {
  if (expiresAt === undefined) return []
  const left = expiresAt * 1000 - now
  if (left <= 0) return [yellow(`expired ${day(expiresAt * 1000)}`)]
  const days = left / 86_400_000
  return [days < 1 ? yellow(`${Math.floor(days * 24)} hours left`) : `${Math.floor(days)} days left`]
}

/** Those that work beside the one in use, and until when at most. */
function others(
  record: WorkloadRecord,
  { cluster, entry, credential }: Held,
  overlap: Installation['overlap'] | undefined,
  now: number,
): readonly string[] {
  const used = inUse(credential)
  const previous = (credential.previous ?? []).filter(({ generation }) => generation !== used?.generation)
  const pin = record.status.placements[cluster]?.pins?.[entry]
  const pinned = credential.state === 'current' && pin?.versionId === credential.versionId ? pin.since : undefined
  return previous.map((one) => {
    const ends = [
      ...(one.expiresAt === undefined ? [] : [one.expiresAt * 1000]),
      ...(overlap === undefined || pinned === undefined ? [] : [pinned + overlap.most]),
    ]
    const until =
      ends.length === 0
        ? 'until the new one is committed, and a while longer'
        : `until ${time(Math.max(now, Math.min(...ends)))} at the latest`
    return dim(`    generation ${one.generation} still works, ${until}`)
  })
}

function asked(credential: Credential, request: RotationRequest | undefined): readonly string[] {
  if (request === undefined || highestOf(credential) > request.above) return []
  if (request.kind === 'roll-back') {
    if (isTooLate(credential, request))
      return [yellow(`    could not go back to generation ${request.to}, which had ended by then`)]
    return request.to === credential.generation ? [] : [yellow(`    is to go back to generation ${request.to}`)]
  }
  return [yellow(`    a new generation is asked for${request.now ? ', without overlap' : ''}`)]
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10)
}

function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
