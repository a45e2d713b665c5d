import type { ActionBase } from '../domain/capability.ts'
import type { PolicyDocument } from '../domain/policy.ts'
import type { Claim } from '../domain/records.ts'
import type { Tags } from '../domain/tags.ts'

/** An IAM role that Fairway owns: what `iam` and `tenancy` share. */

/** The one inline policy; anything else that grants is taken away. */
export const inlinePolicyName = 'fairway'

export interface WantedRole {
  readonly name: string
  readonly arn: string
  /** For people, in the IAM console. */
  readonly description: string
  readonly trust: PolicyDocument
  readonly policy: PolicyDocument
  /** ARN of the permissions boundary. */
  readonly boundary: string
  readonly tags: Tags
}

export interface ObservedRole {
  readonly arn: string
  /** As IAM gives it, URL-encoded. */
  readonly trust: string
  readonly boundary: string | undefined
  readonly tags: Tags
  /** Names of all inline policies, and the text of ours. */
  readonly inline: readonly string[]
  readonly policy: string | undefined
  /** ARNs of attached managed policies. */
  readonly attached: readonly string[]
}

interface OnRole extends ActionBase {
  readonly role: string
}

export type RoleAction =
  | (OnRole & { readonly type: 'create-role'; readonly wanted: WantedRole; readonly claim: Claim })
  | (OnRole & { readonly type: 'tag-role'; readonly tags: Tags })
  | (OnRole & { readonly type: 'set-trust'; readonly trust: PolicyDocument })
  | (OnRole & { readonly type: 'set-boundary'; readonly boundary: string })
  | (OnRole & { readonly type: 'set-policy'; readonly policy: PolicyDocument })
  | (OnRole & { readonly type: 'remove-policy'; readonly policyName: string })
  | (OnRole & { readonly type: 'detach-policy'; readonly policyArn: string })
  | (OnRole & { readonly type: 'delete-role' })
  /** The claim as it is when all is settled: the ARN, this incarnation, no longer `adopted`. */
  | (OnRole & { readonly type: 'record-role'; readonly claim: Claim })
  | (OnRole & { readonly type: 'release-role' })
