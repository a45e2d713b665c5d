import { noSuchRole } from './errors.ts'
import type { Call } from '../core/operations.ts'
import type { Records } from '../core/state.ts'
import type { Tags } from '../core/tags.ts'

export interface Role {
  readonly path: string
  readonly name: string
  readonly id: string
  readonly arn: string
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number
  readonly trust: string
  readonly description?: string
  /** Seconds. */
  readonly maxSessionDuration: number
  /** ARN of the permissions boundary. */
  readonly boundary?: string
  readonly tags: Tags
  /** Inline policies, by name. */
  readonly inline: Readonly<Record<string, string>>
  /** ARNs of attached managed policies. */
  readonly attached: readonly string[]
}

export interface ManagedPolicy {
  readonly path: string
  readonly name: string
  readonly id: string
  readonly arn: string
  readonly createdAt: number
  readonly document: string
  readonly description?: string
  readonly tags: Tags
}

export interface OidcProvider {
  readonly arn: string
  /** Issuer without scheme. */
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  readonly createdAt: number
  readonly tags: Tags
}

/** Role names are unique without regard to case: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export function roleKey(name: string): string {
  return name.toLowerCase()
}

export function roles(call: Call): Records<Role> {
  return call.table<Role>('roles')
}

export function putRole(call: Call, role: Role): void {
  roles(call).put(roleKey(role.name), role)
}

/** Throws NoSuchEntityException. */
export function roleOf(call: Call, name: string | undefined): Role {
  const role = roles(call).get(roleKey(name ?? ''))
  if (role?.name !== name || role === undefined) throw noSuchRole(call, name)
  return role
}

/** By ARN. */
export function managedPolicies(call: Call): Records<ManagedPolicy> {
  return call.table<ManagedPolicy>('policies')
}

/** By ARN. */
export function oidcProviders(call: Call): Records<OidcProvider> {
  return call.table<OidcProvider>('oidcProviders')
}

/** A policy that can be attached or be a boundary: one of AWS's own, which are taken to exist, or one of this account. */
export function isAttachable(call: Call, arn: string): boolean {
  return /^arn:aws:iam::aws:policy\/\S+$/.test(arn) || managedPolicies(call).get(arn) !== undefined
}
