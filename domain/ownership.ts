import type { Installation, Refusal } from './capability.ts'
import { canonical } from './hash.ts'
import { tagKeys } from './names.ts'
import type { Claim } from './records.ts'
import type { Tags } from './tags.ts'

/**
 * P5. A thing is ours when three agree: the claim on record, the tag `fairway:installation`, and the name that
 * it was looked up by. A tag alone is reported and never acted on, because tags are copied and typed by hand; a
 * claim alone is not enough either, because the tag is how an owner takes a thing away from Fairway.
 */
export type Ownership =
  /** Not there. Claim it, then make it. */
  | 'free'
  | 'ours'
  /** Somebody asked for it with `fairway adopt`, and it does not carry our tag yet: tag it, then configure it. */
  | 'adopting'
  /** There, and not ours: refuse. */
  | { readonly refused: string; readonly fix: string }

export interface OwnershipQuestion {
  /** For people: `ECR repository policy-admin/quotes`. */
  readonly what: string
  /** The command that records an explicit takeover, see `adoptCommand`; absent where adopting is not offered. */
  readonly adopt?: string
  readonly claim: Claim | undefined
  /** The record was lost, and a person said so: name and tag are proof enough. */
  readonly restoring?: boolean
  readonly installation: Installation
  /** Undefined: observed not to exist. `id` is the ARN, or what the service identifies it by. */
  readonly found: { readonly id: string; readonly name: string; readonly tags: Tags } | undefined
}

export function ownership(question: OwnershipQuestion): Ownership {
  const { claim, found, installation, what } = question
  if (!found) return 'free'
  const mark = found.tags[tagKeys.installation]
  const fix = waysOut(question)
  if (!claim && question.restoring && mark === installation.name) return 'ours'
  if (!claim) {
    const tagged =
      mark === installation.name ? ' It carries the tag of this installation, but a tag alone is no proof.' : ''
    return { refused: `${what} exists and was not made by this installation.${tagged}`, fix }
  }
  if (claim.id !== found.id && claim.id !== found.name) {
    return { refused: `${what} is not the one that was made: ${claim.id} is on record, ${found.id} is there.`, fix }
  }
  if (mark === installation.name) return 'ours'
  if (mark !== undefined) {
    return {
      refused: `${what} is tagged ${tagKeys.installation}=${mark}: it belongs to another installation.`,
      fix: `remove it there, or use another name`,
    }
  }
  if (claim.adopted) return 'adopting'
  return {
    refused: `${what} has lost the tag ${tagKeys.installation}: somebody took it out of Fairway’s hands.`,
    fix: `put the tag back (${tagKeys.installation}=${installation.name}), or ${fix}`,
  }
}

/** The claim as it is once all is settled: true when the record says so already. */
export function isSettled(claim: Claim | undefined, settled: Claim): boolean {
  return canonical(claim) === canonical(settled)
}

export function isRefused(answer: Ownership): answer is Extract<Ownership, { refused: string }> {
  return typeof answer === 'object'
}

export function refusal(answer: Extract<Ownership, { refused: string }>): Refusal {
  return { type: 'refuse', summary: answer.refused, reason: answer.refused, fix: answer.fix }
}

/** `key` is the claim's full key, `<capability>/<cluster or ->/<what>`; `id` what it names. */
export function adoptCommand(workload: string, key: string, id: string): string {
  return `fairway adopt ${workload} ${key} ${id}`
}

function waysOut({ adopt }: OwnershipQuestion): string {
  return adopt === undefined
    ? 'remove it if nobody needs it, or use another name'
    : `let Fairway take it over with \`${adopt}\`, remove it, or use another name`
}
