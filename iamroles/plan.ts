import type { Installation, Refusal } from '../domain/capability.ts'
import { isRefused, isSettled, ownership, refusal } from '../domain/ownership.ts'
import type { Ownership } from '../domain/ownership.ts'
import { samePolicy } from '../domain/policy.ts'
import type { Claim } from '../domain/records.ts'
import { staleTags } from '../domain/tags.ts'
import { inlinePolicyName } from './role.ts'
import type { ObservedRole, RoleAction, WantedRole } from './role.ts'

export interface RoleQuestion {
  readonly name: string
  /** Undefined: remove what is ours. */
  readonly wanted: WantedRole | undefined
  readonly observed: ObservedRole | undefined
  readonly claim: Claim | undefined
  readonly restoring: boolean
  readonly incarnation: number
  readonly installation: Installation
  /** The command that takes a foreign role over, where that is offered. */
  readonly adopt?: string
}

export function planRole(question: RoleQuestion): readonly (RoleAction | Refusal)[] {
  const { name, wanted, observed, claim } = question
  const owned = roleOwnership(question)
  if (!wanted) return removal(name, owned, observed, claim)
  if (isRefused(owned)) return [refusal(owned)]
  const settled: Claim = { id: wanted.arn, incarnation: question.incarnation }
  if (!observed) return creation(wanted, settled)
  return [...drift(wanted, observed), ...recording(name, settled, claim)]
}

function roleOwnership({ name, observed, claim, restoring, installation, adopt }: RoleQuestion): Ownership {
  return ownership({
    what: `IAM role ${name}`,
    ...(adopt === undefined ? {} : { adopt }),
    claim,
    restoring,
    installation,
    found: observed && { id: observed.arn, name, tags: observed.tags },
  })
}

/** The policy comes in a call of its own; IAM has no way to create a role with one. */
function creation(wanted: WantedRole, claim: Claim): RoleAction[] {
  const role = wanted.name
  return [
    { type: 'create-role', summary: `create role ${role}`, role, wanted, claim },
    { type: 'set-policy', summary: `set the policy of role ${role}`, role, policy: wanted.policy },
  ]
}

/** Tags first: an adopted role is marked as ours before anything about it changes. */
function drift(wanted: WantedRole, observed: ObservedRole): RoleAction[] {
  const role = wanted.name
  const actions: RoleAction[] = []
  const tags = staleTags(wanted.tags, observed.tags)
  if (tags) actions.push({ type: 'tag-role', summary: `tag role ${role}`, role, tags })
  if (observed.boundary !== wanted.boundary) {
    const summary = `set the permissions boundary of role ${role}`
    actions.push({ type: 'set-boundary', summary, role, boundary: wanted.boundary })
  }
  if (!samePolicy(wanted.trust, observed.trust)) {
    actions.push({ type: 'set-trust', summary: `set the trust policy of role ${role}`, role, trust: wanted.trust })
  }
  if (!samePolicy(wanted.policy, observed.policy)) {
    actions.push({ type: 'set-policy', summary: `set the policy of role ${role}`, role, policy: wanted.policy })
  }
  const foreign = observed.inline.filter((policyName) => policyName !== inlinePolicyName)
  return [...actions, ...stripping(role, foreign, observed.attached)]
}

function stripping(role: string, inline: readonly string[], attached: readonly string[]): RoleAction[] {
  return [
    ...inline.map((policyName): RoleAction => {
      const summary = `remove inline policy ${policyName} from role ${role}`
      return { type: 'remove-policy', summary, role, policyName }
    }),
    ...attached.map((policyArn): RoleAction => {
      const summary = `detach ${policyArn} from role ${role}`
      return { type: 'detach-policy', summary, role, policyArn }
    }),
  ]
}

function recording(role: string, settled: Claim, claim: Claim | undefined): RoleAction[] {
  if (isSettled(claim, settled)) return []
  return [{ type: 'record-role', summary: `record role ${role}`, role, claim: settled }]
}

/** IAM deletes a role only when nothing hangs on it. */
function removal(
  role: string,
  owned: Ownership,
  observed: ObservedRole | undefined,
  claim: Claim | undefined,
): RoleAction[] {
  if (owned === 'ours' && observed) {
    return [
      ...stripping(role, observed.inline, observed.attached),
      { type: 'delete-role', summary: `delete role ${role}`, role },
    ]
  }
  if (!claim) return []
  const summary = observed ? `leave role ${role}, which is not ours any more` : `forget role ${role}, which is gone`
  return [{ type: 'release-role', summary, role }]
}
