import type { ActionBase } from '../../domain/capability.ts'
import type { Claim, Credential } from '../../domain/records.ts'
import type { Tags } from '../../domain/tags.ts'
import type { ObservedEntry } from '../../secretentries/index.ts'
import type { AccountId, AccountRecord } from './account.ts'
import type { NatsTarget, Observation } from './provider.ts'
import type { Lost } from './rebuild.ts'
import type { Scope } from './scope.ts'

/** What a plan is made from, and what it is made of. */
export type Observed =
  /** Nothing is wanted, and nothing of ours is on record: nobody is asked. */
  | { readonly ours: false }
  | {
      readonly ours: true
      readonly record: AccountRecord | undefined
      /** Absent without a record, or without servers to ask. */
      readonly servers: Observation | undefined
      readonly entry: ObservedEntry
      /** There is no record, and servers show the account. */
      readonly lost?: Lost
      /** There is no credential on record, and the entry holds one of ours. */
      readonly recovered?: Recovered
    }

/** A credential as its own file and version say it. */
export type Recovered = Credential & { readonly kind: 'nats'; readonly state: 'current' }

interface OnAccount extends ActionBase {
  readonly account: AccountId
  readonly target: NatsTarget
}

/** Puts the role into our record of the account. Servers hear of it by the next push. */
export interface Enroll extends OnAccount {
  readonly type: 'enroll'
  readonly role: string
  readonly incarnation: number
  readonly keyGeneration: number
  readonly scope: Scope
  /** Written first; absent when it is on record. */
  readonly claim?: Claim
}

export interface Mint extends ActionBase {
  /** `restore` puts a version back that went missing: the same bytes, so it is no new credential. */
  readonly type: 'issue' | 'restore'
  readonly account: AccountId
  readonly target: NatsTarget
  readonly role: string
  readonly incarnation: number
  readonly keyGeneration: number
  readonly generation: number
  readonly versionId: string
  readonly reason: NonNullable<Credential['reason']>
  /** Epoch seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly secret: string
  readonly tags: Tags
  /** KMS key of a new secret; the account's default when absent. */
  readonly kmsKeyId?: string
  readonly claim: Claim | undefined
  /** Carried over when it asks for a still later generation. */
  readonly wanted?: number
}

export type Action =
  | Enroll
  | (OnAccount & { readonly type: 'withdraw'; readonly role: string })
  | (OnAccount & { readonly type: 'push'; readonly role: string })
  | Mint
  | (ActionBase & {
      readonly type: 'label' | 'unlabel'
      readonly secret: string
      readonly versionId: string
      readonly generation: number
    })
  | (ActionBase & { readonly type: 'tag'; readonly secret: string; readonly tags: Tags })
  | (ActionBase & { readonly type: 'delete'; readonly secret: string; readonly days: number })
  /** The secret was made, adopted or restored, and its ARN is known by now. */
  | (ActionBase & { readonly type: 'claim'; readonly claim: Claim })
  | (ActionBase & { readonly type: 'release' })
  | (ActionBase & { readonly type: 'rebuild'; readonly account: AccountId; readonly record: Exclude<Lost, 'foreign'> })
  | (ActionBase & {
      readonly type: 'recover'
      readonly credential: Recovered
      readonly role: Claim
      readonly secret: Claim
    })
  /** Tries the numbers up to that key generation; a role whose key is none of these is made anew. */
  | (ActionBase & {
      readonly type: 'recognise'
      readonly account: AccountId
      readonly role: string
      readonly incarnation: number
      readonly upTo: number
    })
