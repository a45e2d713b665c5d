import { specHash } from '../../domain/hash.ts'
import type { Claims, SignedClaims } from './jwt.ts'
import { templateOf } from './scope.ts'
import type { Scope } from './scope.ts'

/** One NATS account per system and environment: what we remember of it, and the claims that follow from that. */
export interface AccountId {
  readonly installation: string
  readonly system: string
  readonly environment: string
}

/** A placement's scoped signing key and permissions. */
export type Role = {
  /** Public key that issues this role's users. */
  readonly key: string
  /** 0 when the servers' copy is all that is known, which has only the key. */
  readonly keyGeneration: number
  /** Likewise. */
  readonly incarnation: number
  readonly scope: Scope
  /** Replaced keys whose users are still in their overlap. */
  readonly former?: readonly FormerKey[]
}

export type FormerKey = Pick<Role, 'key' | 'keyGeneration'>

/** In epoch seconds: credentials issued up to `at` are refused; none of them is valid after `until` anyway. */
export type Revocation = { readonly at: number; readonly until: number }

/** One push: recorded before it is made, so that a crash does not make our own claims look foreign. */
export type Push = {
  readonly generation: number
  readonly fingerprint: string
  /** Epoch seconds, in the claims. Grows with every push: servers of a cluster keep the later of two. */
  readonly issuedAt: number
  /** Epoch milliseconds. */
  readonly at: number
}

export interface AccountRecord {
  readonly key: string
  readonly kind: 'NatsAccount'
  readonly name: string
  readonly operator: string
  /** Servers that were last pushed to. */
  readonly url: string
  /** The account's identity. */
  readonly publicKey: string
  /** By `<cluster>/<workload>`. */
  readonly roles: Readonly<Record<string, Role>>
  /** By user public key. */
  readonly revocations: Readonly<Record<string, Revocation>>
  /** Grows with each change of roles or revocations. */
  readonly wanted: number
  readonly pushing?: Push
  /** Last push that every server was seen to have. */
  readonly pushed?: Push
  /** Of the one writer. */
  readonly fence: number
  readonly lease?: { readonly holder: string; readonly until: number }
}

export function accountName({ system, environment }: Omit<AccountId, 'installation'>): string {
  return `${system}/${environment}`
}

export function accountKeyInTable(id: Omit<AccountId, 'installation'>): string {
  return `nats-account#${accountName(id)}`
}

/** `<cluster>/<workload>`, within the account. */
export function roleName(cluster: string, workload: string): string {
  return `${cluster}/${workload}`
}

/**
 * No more than what clients need: nothing is imported, exported, leafed, or let in without proving its key. Streams
 * may exist in the account; only who has the subjects of JetStream's API in its scope can make any.
 */
const limits = {
  subs: -1,
  data: -1,
  payload: -1,
  conn: -1,
  leaf: 0,
  imports: 0,
  exports: 0,
  wildcards: true,
  disallow_bearer: true,
  mem_storage: -1,
  disk_storage: -1,
  streams: -1,
  consumer: -1,
}

const generationTag = 'fairway-gen:'

/** The whole account, from our record alone: what a server shows is never read, changed and written back. */
export function claimsOf(
  record: Pick<AccountRecord, 'name' | 'publicKey' | 'roles' | 'revocations' | 'wanted'>,
): Claims {
  const names = Object.keys(record.roles).toSorted()
  const revoked = Object.entries(record.revocations)
    .map(([user, { at }]) => [user, at] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    name: record.name,
    sub: record.publicKey,
    nats: {
      type: 'account',
      version: 2,
      limits,
      signing_keys: names.flatMap((name) => signingKeys(name, record.roles[name] as Role)),
      ...(revoked.length > 0 ? { revocations: Object.fromEntries(revoked) } : {}),
      tags: [`${generationTag}${record.wanted}`],
    },
  }
}

/** An account's claims as a server shows them, reduced to what is compared. */
export interface AccountView {
  /** Undefined for claims that are not Fairway's. */
  readonly generation: number | undefined
  /** Of everything but who signed it and when. */
  readonly fingerprint: string
  readonly issuer: string
  /** By role, what `roleFingerprint` gives. */
  readonly roles: Readonly<Record<string, string>>
}

export function viewOf(claims: Omit<SignedClaims, 'iat'>): AccountView {
  const { tags, signing_keys: keys } = claims.nats as { tags?: unknown; signing_keys?: unknown }
  const tag = list(tags).find((text): text is string => typeof text === 'string' && text.startsWith(generationTag))
  const roles = list(keys).flatMap((key) =>
    typeof key === 'object' && key !== null && 'role' in key ? [[String(key.role), specHash(key)] as const] : [],
  )
  return {
    generation: tag === undefined ? undefined : Number(tag.slice(generationTag.length)),
    fingerprint: fingerprint(claims),
    issuer: claims.iss,
    roles: Object.fromEntries(roles),
  }
}

export function fingerprint({ name, sub, nats }: Claims): string {
  return specHash({ name, sub, nats })
}

/** A server that shows this for a role has exactly these permissions under exactly this key. */
export function roleFingerprint(name: string, role: Role): string {
  return specHash(signingKey(name, role.key, role.scope))
}

/** All with the same permissions; a former key's name says that it is one. */
function signingKeys(name: string, { key, scope, former = [] }: Role) {
  const old = former.map((one) => signingKey(`${name} ${formerMark}${one.keyGeneration}`, one.key, scope))
  return [signingKey(name, key, scope), ...old]
}

const formerMark = 'key '

/** The role and the number that the name of a former key stands for; undefined for a role's own. */
export function formerKeyOf(name: string): { readonly role: string; readonly number: number } | undefined {
  const [, role, digits] = /^(\S+) key (\d+)$/.exec(name) ?? []
  return role === undefined ? undefined : { role, number: Number(digits) }
}

function signingKey(role: string, key: string, scope: Scope) {
  return { kind: 'user_scope', key, role, template: templateOf(scope) }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
