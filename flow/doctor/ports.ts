import type { Installation } from '../../domain/capability.ts'
import type { HostedRepository } from '../../domain/checks.ts'
import type { Clock } from '../../domain/effects.ts'
import type { Failure } from '../../domain/errors.ts'
import type { ClusterRepositoryTarget, SourceLocation } from '../../domain/git.ts'
import type { Store } from '../../domain/store.ts'
import type { Target } from '../steps.ts'
import type { Within } from './run.ts'

/** Everything the doctor looks at. All of it reads; nothing of it hands out a secret value. */
export interface DoctorPorts {
  readonly installation: Installation
  readonly store: Pick<Store, 'list'>
  readonly clock: Pick<Clock, 'now'>
  readonly within: Within
  readonly secret: (secret: ControlSecret) => Promise<SecretState>
  readonly git: GitAccess
  /** Absent where sources are not read through an App. */
  readonly github?: GitHubAccess
  readonly portal: PortalAccess
  readonly capability: CheckCapability
  readonly account: (target: Target) => Promise<AccountAccess>
}

/** Which of the control plane's own secrets; `names` as in controlSecretName. */
export interface ControlSecret {
  readonly names: readonly string[]
  readonly form: 'webhook' | 'github' | 'port' | 'git'
}

export type SecretState =
  | { readonly state: 'filled' | 'absent' | 'empty' | 'scheduled-deletion' }
  /** `reason` completes "it …". */
  | { readonly state: 'malformed'; readonly reason: string }

export interface GitAccess {
  /** Asks for the refs, as reading does first. Throws when that is refused. */
  readable(source: SourceLocation): Promise<{ readonly empty: boolean }>
  /** Asks for the refs as a push does first, with the credentials of a push, and pushes nothing. */
  writable(target: ClusterRepositoryTarget): Promise<{ readonly empty: boolean; readonly branch: boolean }>
}

export interface GitHubRights {
  /** `contents: 'write'` and so on, as GitHub names them. */
  readonly permissions: Readonly<Record<string, string>>
  readonly events: readonly string[]
}

export interface GitHubAccess {
  app(): Promise<GitHubRights & { readonly slug: string }>
  /** Undefined: the App is not installed there. */
  installation(id: number): Promise<(GitHubRights & { readonly suspended: boolean }) | undefined>
  /** Its full name; undefined when there is none of this id, or the installation does not cover it. */
  repository(repository: HostedRepository): Promise<string | undefined>
}

export interface PortalAccess {
  /** True when there are credentials: without them nothing is told to a portal, and that is no fault. */
  connected(): Promise<boolean>
  /** Those of `blueprints` that the portal does not have. Throws when it cannot be reached or refuses. */
  missing(blueprints: readonly string[]): Promise<readonly string[]>
}

/** Asks a capability's own function who it is there: with exactly the credentials that it would work with. */
export type CheckCapability = (capability: string, target: Target, nats?: NatsServers) => Promise<CapabilityAnswer>

/** `nats`: that these servers let it in, with the operator's keys. */
export interface NatsServers {
  readonly operator: string
  readonly url: string
}

export type CapabilityAnswer =
  | { readonly ok: true; readonly account: string; readonly arn: string }
  | { readonly ok: false; readonly failure: Failure }

/** One account and region. What is not there is undefined. */
export interface AccountAccess {
  policyExists(arn: string): Promise<boolean>
  roles(): Promise<{ readonly used: number; readonly quota: number }>
  /** `Enabled`, `Disabled`, `PendingDeletion`, … */
  keyState(arn: string): Promise<string | undefined>
  cluster(name: string): Promise<ObservedCluster | undefined>
  addonStatus(cluster: string, addon: string): Promise<string | undefined>
  /** URL without scheme. */
  oidcProvider(arn: string): Promise<string | undefined>
  /** `trust` as IAM gives it, URL-encoded or not. */
  role(name: string): Promise<{ readonly arn: string; readonly trust: string } | undefined>
  /** ARNs of the roles that a service account is associated with. */
  associatedRoles(cluster: string, namespace: string, serviceAccount: string): Promise<readonly string[]>
}

export interface ObservedCluster {
  readonly status: string
  /** Without scheme. */
  readonly issuer: string | undefined
  /** EKS Auto Mode: the Pod Identity agent is built in. */
  readonly auto: boolean
}
