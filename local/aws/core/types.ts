import type { Clock, Random } from '../../../domain/effects.ts'
import type { ApiCall } from '../../../domain/events.ts'

/** What the simulated AWS is made of, as callers and tests see it. */

export const services = ['ecr', 'iam', 'eks', 'kms', 'secretsmanager', 'sts', 'tagging'] as const
export type Service = (typeof services)[number]

/** Reads and writes as CloudTrail's `readOnly` tells them apart: AssumeRole changes nothing, so it is a read. */
export type Access = 'read' | 'write'

export interface Place {
  /** 12 digits. */
  readonly account: string
  readonly region: string
}

/** A call as it arrives. `input` is a copy in which secret values are replaced. */
export interface CallInfo extends Place {
  readonly service: Service
  /** The API's own name: `CreateRepository`. */
  readonly operation: string
  readonly access: Access
  readonly input: Readonly<Record<string, unknown>>
}

/** What a test wants to go wrong with one call. `stale` and `partial-page` mean nothing to a write. */
export type Fault =
  /** Refused before anything was done. */
  | { readonly kind: 'error-before'; readonly error: Error }
  /** Done, and durable, but the connection breaks before the answer: the SDK's TimeoutError. */
  | { readonly kind: 'lost-answer' }
  /** The service's own throttling error, as it looks when the SDK's retries are used up. */
  | { readonly kind: 'throttle' }
  /** Takes this long, in the simulation's time, before it is done. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Reads the state of that many milliseconds ago (at most five minutes); without `ms`, the state before the last write. */
  | { readonly kind: 'stale'; readonly ms?: number }
  /** A list answers with at most this many items (default: half a page) and a token, as every paged API may. */
  | { readonly kind: 'partial-page'; readonly items?: number }

/** A call as it ended. */
export interface CallRecord extends CallInfo {
  /** Epoch milliseconds. */
  readonly at: number
  /** `ok`, or the error's name. */
  readonly outcome: string
  readonly fault?: Fault['kind']
}

export interface CallCounts {
  readonly reads: number
  readonly writes: number
}

/** Milliseconds that reads lag behind writes: for all reads of a service, or by operation. */
export type ReadLag = Partial<Readonly<Record<Service, number | Readonly<Record<string, number>>>>>

export interface Quotas {
  /** IAM roles per account: 1,000 unless raised, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
  readonly rolesPerAccount: number
  /** ECR repositories per registry and region: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html */
  readonly repositoriesPerRegistry: number
}

export interface AwsOptions {
  readonly clock: Clock
  readonly random: Random
  /** The installation's own account and region: who calls, and where clients point when no place is given. */
  readonly account: string
  readonly region: string
  /** Where state is kept, one file for each service; in memory only when absent. */
  readonly directory?: string
  readonly faults?: (call: CallInfo) => Fault | undefined
  readonly onCall?: (record: CallRecord) => void
  /** What somebody else changed, as a trail of the account would report it. */
  readonly onOutside?: (event: ApiCall) => void
  readonly readLag?: ReadLag
  readonly quotas?: Partial<Quotas>
}
