import type { Claim, Credential, Pin, RotationRequest } from './records.ts'
import type { ClusterSpec, SystemSpec } from './resources.ts'
import type { Manifest } from './manifest.ts'

/** What is the same for everything this control plane makes. */
export interface Installation {
  /** Label; part of every name. */
  readonly name: string
  /** Account and region of the control plane, and of the ECR repositories. */
  readonly account: string
  readonly region: string
  /** Name of the permissions boundary policy, under the path /fairway/, in every account. */
  readonly permissionsBoundary: string
  /** Days that a deleted secret can be restored (Secrets Manager allows 7 to 30). */
  readonly secretRecoveryDays: number
  /**
   * How long a replaced credential goes on working, in milliseconds from the commit that replaced it: not shorter
   * than `least`, while somebody uses it, and never longer than `most`.
   */
  readonly overlap: { readonly least: number; readonly most: number }
}

export interface NamedCluster {
  readonly name: string
  readonly spec: ClusterSpec
}

export interface NamedSystem {
  readonly name: string
  readonly spec: SystemSpec
}

/** A workload across its clusters: what `ecr` sees. `Spec` is the part of the Workload that the capability declares. */
export interface WorkloadSubject<Spec> {
  readonly installation: Installation
  readonly system: NamedSystem
  readonly workload: string
  readonly incarnation: number
  readonly clusters: readonly NamedCluster[]
  /** Absent: the workload is being retired, remove what is ours. */
  readonly spec?: Spec
}

/** A workload in one cluster, environment overrides merged: what `iam`, `nats`, `secrets` and the renderers see. */
export interface PlacementSubject<Spec> {
  readonly installation: Installation
  readonly system: NamedSystem
  readonly workload: string
  readonly incarnation: number
  readonly cluster: NamedCluster
  readonly spec?: Spec
}

/** A system in one cluster: what `tenancy` sees. */
export interface TenancySubject {
  readonly installation: Installation
  readonly system: NamedSystem
  readonly cluster: NamedCluster
  readonly retired?: true
}

/** What the record remembers for this capability here: ownership and credential metadata, by plain name. */
export interface Memory {
  readonly claims: Readonly<Record<string, Claim>>
  readonly credentials: Readonly<Record<string, Credential>>
  /** By entry, like credentials: what somebody asked for, and what the branch pins. */
  readonly rotations?: Readonly<Record<string, RotationRequest>>
  readonly pins?: Readonly<Record<string, Pin>>
  /** As in the record: name and tag are proof enough. */
  readonly restoring?: true
}

/**
 * The record's writing side, bound to one subject, capability and fence. Writing with an old fence is a
 * `Conflict`. A claim is written before the thing it names is made, so that a crash leaves nothing that the
 * next reconcile would not recognise (P4).
 */
export interface Ledger {
  claim(what: string, claim: Claim): Promise<void>
  release(what: string): Promise<void>
  credential(entry: string, credential: Credential): Promise<void>
}

/** Every action says what it is and, for people, what it does: `create role fairway-…`. */
export interface ActionBase {
  readonly type: string
  readonly summary: string
  /** Where it stands in a rotation; absent for what is no part of one. */
  readonly step?: RotationStep
  /** What becomes of generations by it. */
  readonly events?: readonly CredentialEvent[]
}

/** Counted and logged where it happens: names and numbers, never values (P3). */
export interface CredentialEvent {
  readonly what: 'begun' | 'promoted' | 'ended'
  readonly entry: string
  readonly generation: number
  /** Why this generation was minted; of one that ends, why its successor was. */
  readonly reason: string
  /** Epoch seconds. */
  readonly issuedAt?: number
  readonly expiresAt?: number
  /** Pods start with one already, nobody asked for another, and no time for it had come (P2). */
  readonly unasked?: true
}

/** A rotation, in its order. `rotate-credential` goes through it step by step, a reconcile as far as it can. */
export const rotationSteps = ['issue', 'stage', 'verify', 'promote', 'revoke', 'prune'] as const
export type RotationStep = (typeof rotationSteps)[number]

/** A plan that cannot be carried out without hurting somebody else (P5); the flow applies nothing of it. */
export interface Refusal extends ActionBase {
  readonly type: 'refuse'
  readonly reason: string
  readonly fix: string
}

/** Input that somebody still has to give. The rest is provisioned; the workload is not deployed. */
export interface Waiting {
  readonly reason: 'AwaitingImage' | 'AwaitingSecret'
  /** Where it concerns one environment of a workload-wide capability. */
  readonly environment?: string
  readonly message: string
}

/**
 * One concern's life cycle. The contract, held by one suite for all capabilities:
 * - `desired` is pure. `ensure: 'absent'` means: remove what is ours.
 * - `observe` reads only. Not found is an observation, not an error.
 * - `plan` is pure; nothing to do is an empty list. It never proposes what ownership does not cover.
 * - `apply` carries out one action, is idempotent, and decides nothing.
 * - after applying a plan, observing and planning again gives an empty plan.
 * Errors that leave `observe` and `apply` are RetryLater, Conflict or Terminal.
 */
export interface Provisioner<Subject, Desired, Observed, Action extends ActionBase, Output, Remote> {
  /** The folder's name. */
  readonly name: string
  readonly per: 'workload' | 'placement' | 'system'
  desired(subject: Subject, memory: Memory): Desired
  observe(desired: Desired, remote: Remote): Promise<Observed>
  /** `now` in epoch milliseconds. */
  plan(desired: Desired, observed: Observed, now: number): readonly (Action | Refusal)[]
  apply(action: Action, remote: Remote, ledger: Ledger): Promise<void>
  /** Absent when removed, or not wanted. */
  outputs(desired: Desired, observed: Observed): Output | undefined
  waiting(desired: Desired, observed: Observed): readonly Waiting[]
  /** Epoch milliseconds, after `now`, when to look again although nothing changes: expiry, the end of an overlap. */
  due(desired: Desired, observed: Observed, now: number): number | undefined
}

/** Pure; Kubernetes objects, each with the path it stands under (domain/layout.ts). Objects of one path share a file. */
export interface Renderer<Subject, Outputs> {
  readonly name: string
  render(subject: Subject, outputs: Outputs): readonly Manifest[]
}
