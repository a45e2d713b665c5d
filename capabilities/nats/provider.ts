import type { FairwayError } from '../../domain/errors.ts'
import type { AccountView } from './account.ts'
import type { Claims, SignedClaims } from './jwt.ts'
import type { SecretValue } from '../../domain/secret.ts'

/**
 * The servers' boundary. `operator.ts` is the real one, for self-hosted servers with a JWT resolver; `memory.ts`
 * its twin; one contract suite holds both. Errors are RetryLater, or Terminal where a person has to act.
 */
export interface NatsTarget {
  /** Whose keys sign accounts there. */
  readonly operator: string
  /** One or more URLs of servers that know each other, separated by commas. */
  readonly url: string
}

export interface Observation {
  /** Public key that accounts are signed with now. */
  readonly signer: string
  /**
   * The account as servers have it: from the memory of those that loaded it, from the store of the others.
   * In no order, and not by server: answers about stores do not name theirs.
   */
  readonly views: readonly AccountView[]
  /** The same as they were signed: for rebuilding a record that was lost, and nothing else. */
  readonly claims: readonly SignedClaims[]
  /** True when a server that answered has never heard of the account. */
  readonly missing: boolean
}

/** Of one account among several; or why that one could not be looked at. */
export type Look = Observation | FairwayError

/** A client's connection to any of the servers. */
export interface Connection {
  /** Public keys: of the user, and of the key that issued it. */
  readonly user: string
  readonly issuer: string
}

export interface NatsProvider {
  /** One look at all servers that answer. At least one does, else RetryLater. */
  read(target: NatsTarget, account: string): Promise<Observation>
  /**
   * The same for many accounts, by their public key: one question each, after one for all of them. Fails as a whole
   * only where the servers cannot be reached.
   */
  readMany(target: NatsTarget, accounts: readonly string[]): Promise<ReadonlyMap<string, Look>>
  /**
   * Signs and pushes a whole account; `issuedAt` in epoch seconds. Done when every server took it, which is not
   * to say that it works with it: read again. A server that is silent or refuses is a RetryLater.
   */
  push(target: NatsTarget, claims: Claims, issuedAt: number): Promise<void>
  /** Everybody who is connected to the account, at every server that answers. */
  connections(target: NatsTarget, account: string): Promise<readonly Connection[]>
  /** Connects with the content of a credentials file, and says whether it was let in. */
  admits(target: NatsTarget, credentials: SecretValue): Promise<boolean>
  /** Does nothing where servers answer the operator’s system user; else RetryLater, or Terminal. */
  reach(target: NatsTarget): Promise<void>
  /** Connections are kept between calls until then. */
  close(): Promise<void>
}

/** In milliseconds, for connecting, for one question to the servers, for what 2.9 leaves unanswered, and for a push. */
export const timeouts = { connect: 4_000, request: 3_000, lookup: 1_000, push: 6_000 } as const
