import { canonical } from '../../domain/hash.ts'
import type { AwsStatement } from '../../domain/resources.ts'
import { covers, matches } from '../../domain/wildcard.ts'

/** The pieces of "a workload's statement is a provable subset of a ceiling's". When in doubt, it is not. */

/** IAM compares actions without case. */
export function coversAction(allowed: string, action: string): boolean {
  return matches(allowed.toLowerCase(), action.toLowerCase())
}

/**
 * Every ARN that `resource` stands for, `allowed` stands for as well. A `*` may or may not run across the colons
 * of an ARN, depending on where it stands
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html), so both readings
 * have to hold: as one text, and segment by segment. Policy variables only cover themselves.
 */
export function coversResource(allowed: string, resource: string): boolean {
  if (allowed === resource) return true
  if (allowed.includes('${') || resource.includes('${')) return false
  if (!covers(allowed, resource)) return false
  const wide = segments(allowed)
  const narrow = segments(resource)
  // A short pattern ends in a segment that runs on to the end.
  const last = wide.length - 1
  if (narrow.length < wide.length) return false
  return wide.every((segment, index) => {
    const counterpart = index === last ? narrow.slice(index).join(':') : narrow[index]
    return counterpart !== undefined && covers(segment, counterpart)
  })
}

/**
 * Conditions only narrow, and all of them must hold: whoever has the ceiling's, and maybe more, stays below it.
 * Values are compared as they are: fewer values narrow `StringEquals` and widen `StringNotEquals`.
 */
export function coversConditions(allowed: AwsStatement['conditions'], given: AwsStatement['conditions']): boolean {
  const present = new Set(flat(given))
  return flat(allowed).every((condition) => present.has(condition))
}

function flat(block: AwsStatement['conditions']): string[] {
  return Object.entries(block ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) =>
      canonical([operator.toLowerCase(), key.toLowerCase(), [values].flat().toSorted()]),
    ),
  )
}

/** partition, service, region, account, and the rest, which may hold colons of its own. */
function segments(arn: string): string[] {
  const parts = arn.split(':')
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')]
}
