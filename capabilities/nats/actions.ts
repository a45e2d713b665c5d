import type { ActionBase } from '../../domain/capability.ts'
import type { Claim, Credential } from '../../domain/records.ts'
import type { Tags } from '../../domain/tags.ts'
import type { ObservedEntry } from '../../secretentries/index.ts'
import type { AccountId, AccountRecord, FormerKey } from './account.ts'
import type { Connection, NatsTarget, Observation } from './provider.ts'
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
      /** Who is connected; only asked where an overlap may end by it. */
      readonly connections: readonly Connection[] | undefined
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
  /** Keys of the role that go on being valid, because credentials of theirs are in use. */
  readonly former: readonly FormerKey[]
  /** Written first; absent when it is on record. */
  readonly claim?: Claim
}

/** The steps of one generation: recorded as begun, stored as pending, connected with, made current. */
export interface Mint extends ActionBase {
  readonly type: 'issue' | 'stage' | 'verify' | 'promote'
  readonly step: Mint['type']
  readonly account: AccountId
  readonly target: NatsTarget
  readonly role: string
  readonly incarnation: number
  readonly keyGeneration: number
  /** As it is recorded in the end. Public keys are missing in a new one: they follow from the numbers. */
  readonly credential: Credential
  readonly secret: string
  readonly tags: Tags
  /** KMS key of a new secret; the account's default when absent. */
  readonly kmsKeyId?: string
  readonly claim: Claim | undefined
}

export type Action =
  | Enroll
  | (OnAccount & { readonly type: 'withdraw'; readonly role: string })
  | (OnAccount & { readonly type: 'push'; readonly role: string })
  | Mint
  /** These users are refused from the next push on, and these keys of the role are no longer its own. */
  | (OnAccount & {
      readonly type: 'revoke'
      readonly role: string
      readonly users: readonly { readonly key: string; readonly issuedAt: number; readonly until: number }[]
      readonly keys: readonly string[]
    })
  /** Ended generations leave the record. */
  | (ActionBase & { readonly type: 'forget'; readonly credential: Credential })
  /** Another time of renewal is declared; the credential itself stays. */
  | (ActionBase & { readonly type: 'reschedule'; readonly credential: Credential })
  /** Done when no client of these keys is connected any more. */
  | (OnAccount & { readonly type: 'disconnected'; readonly role: string; readonly issuers: readonly string[] })
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
