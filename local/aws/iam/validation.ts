import { MAX_TAGS, duplicateKey, fromTagList, tagProblem } from '../core/tags.ts'
import { parsePolicy, policySize } from '../core/policy.ts'
import { invalidInput, invalidMarker, invalidShape, limitExceeded, malformedPolicy } from './errors.ts'
import { page } from '../core/paging.ts'
import type { Call } from '../core/operations.ts'
import type { Tag, Tags } from '../core/tags.ts'

/** Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const limits = {
  roleName: 64,
  policyName: 128,
  path: 512,
  description: 1000,
  /** Non-whitespace characters. */
  trustPolicy: 2048,
  inlinePolicies: 10_240,
  managedPolicy: 6144,
  attachedPolicies: 10,
} as const

export function checkName(call: Call, member: string, name: string | undefined, max: number): string {
  if (!name || name.length > max) throw invalidShape(call, member, `have length between 1 and ${max}`)
  if (!/^[\w+=,.@-]+$/.test(name)) throw invalidShape(call, member, 'satisfy regular expression pattern: [\\w+=,.@-]+')
  return name
}

export function checkPath(call: Call, path = '/'): string {
  if (path.length > limits.path) throw invalidShape(call, 'path', `have length less than or equal to ${limits.path}`)
  if (!/^(\/|\/[\u0021-\u007e]+\/)$/.test(path)) {
    throw invalidShape(
      call,
      'path',
      'begin and end with / and contain only alphanumeric characters and/or / characters',
    )
  }
  return path
}

export function checkDescription(call: Call, description: string | undefined): void {
  if ((description?.length ?? 0) <= limits.description) return
  throw invalidShape(call, 'description', `have length less than or equal to ${limits.description}`)
}

/** Seconds: one to twelve hours. */
export function checkSessionDuration(call: Call, seconds: number | undefined): void {
  if (seconds === undefined || (seconds >= 3600 && seconds <= 43_200)) return
  throw invalidShape(call, 'maxSessionDuration', 'have value between 3600 and 43200')
}

export function checkTrustPolicy(call: Call, document: string | undefined): string {
  const text = document ?? ''
  const parsed = parsePolicy(text, 'trust')
  if ('problem' in parsed) throw malformedPolicy(call, parsed.problem)
  if (policySize(text) > limits.trustPolicy) {
    throw limitExceeded(call, `Cannot exceed quota for ACLSizePerRole: ${limits.trustPolicy}`)
  }
  return text
}

export function checkIdentityPolicy(call: Call, document: string | undefined): string {
  const text = document ?? ''
  const parsed = parsePolicy(text, 'identity')
  if ('problem' in parsed) throw malformedPolicy(call, parsed.problem)
  return text
}

/** Tag keys differ by more than case: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
export function withTags(call: Call, present: Tags, added: readonly Tag[] | undefined): Tags {
  // The list itself is limited by its shape, the role's tags by a quota: two different errors.
  if ((added?.length ?? 0) > MAX_TAGS) throw invalidShape(call, 'tags', `have length less than or equal to ${MAX_TAGS}`)
  const problem = tagProblem(fromTagList(added))
  if (problem !== undefined) throw invalidInput(call, problem)
  const duplicate = duplicateKey(added, (key) => key.toLowerCase())
  if (duplicate !== undefined)
    throw invalidInput(call, 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  const replaced = new Set(Object.keys(fromTagList(added)).map((key) => key.toLowerCase()))
  const kept = Object.entries(present).filter(([key]) => !replaced.has(key.toLowerCase()))
  const tags = { ...Object.fromEntries(kept), ...fromTagList(added) }
  if (Object.keys(tags).length > MAX_TAGS) throw limitExceeded(call, `Cannot exceed quota for TagsPerRole: ${MAX_TAGS}`)
  return tags
}

interface MarkerInput {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

/** One page as IAM answers it: 100 items unless asked, at most 1,000. */
export function markedPage<T>(call: Call, input: MarkerInput, items: readonly T[], position: (item: T) => string) {
  const size = input.MaxItems ?? 100
  if (size < 1 || size > 1000) throw invalidShape(call, 'maxItems', 'have value between 1 and 1000')
  const answer = page(call, { items, position, token: input.Marker, size, badToken: () => invalidMarker(call) })
  const paging = answer.next === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: answer.next }
  return { items: answer.items, paging }
}

/** Documents come back URL-encoded, after RFC 3986: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export function encodeDocument(document: string): string {
  return encodeURIComponent(document).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
