import type { AccountId, AccountRecord, Role } from './account.ts'
import { accountName, claimsOf, fingerprint, viewOf } from './account.ts'
import type { SignedClaims } from './jwt.ts'
import type { NatsTarget } from './provider.ts'
import { scopeFrom } from './scope.ts'

/** A record that is not in the table any more, or `foreign`: what servers show was not written from such a record. */
export type Lost = Omit<AccountRecord, 'key'> | 'foreign'

/**
 * The record of an account from its servers' copy, after the table was lost. Without it the account would be pushed
 * again from its first role on, and every other would be cut off. It is taken only when it says the same as the copy
 * when it is pushed. What the copy does not have, which numbers a role's key was derived from, its workload finds again.
 */
export function rebuilt(
  id: AccountId,
  target: NatsTarget,
  shown: readonly SignedClaims[],
  now: number,
): Lost | undefined {
  const views = shown.map((claims) => ({ claims, ...viewOf(claims) }))
  // What is not Fairway's first: it must not be overlooked beside what is.
  const [latest] = views.toSorted((a, b) => (b.generation ?? Infinity) - (a.generation ?? Infinity))
  if (latest === undefined) return undefined
  const { generation, claims } = latest
  const { signing_keys: keys, revocations } = claims.nats as {
    readonly signing_keys?: unknown
    readonly revocations?: Readonly<Record<string, number>>
  }
  if (generation === undefined) return 'foreign'
  const roles = Object.fromEntries(list(keys).flatMap(roleOf))
  const pushed = { generation, fingerprint: latest.fingerprint, issuedAt: claims.iat, at: now }
  const record: Exclude<Lost, 'foreign'> = {
    kind: 'NatsAccount',
    name: accountName(id),
    operator: target.operator,
    url: target.url,
    publicKey: claims.sub,
    roles,
    revocations: revocations ?? {},
    wanted: generation,
    pushed,
    fence: 0,
  }
  return fingerprint(claimsOf(record)) === latest.fingerprint ? record : 'foreign'
}

/** None for what Fairway never writes. */
function roleOf(signingKey: unknown): (readonly [string, Role])[] {
  const { key, role, template } = signingKey as { key?: unknown; role?: unknown; template?: unknown }
  const scope = scopeFrom(template)
  if (typeof key !== 'string' || typeof role !== 'string' || scope === undefined) return []
  return [[role, { key, keyGeneration: 0, incarnation: 0, scope }]]
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'object' && member !== null) : []
}
