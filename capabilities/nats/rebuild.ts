import type { AccountId, AccountRecord, Role } from './account.ts'
import { accountName, claimsOf, fingerprint, formerKeyOf, viewOf } from './account.ts'
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
  const roles = rolesOf(list(keys))
  const pushed = { generation, fingerprint: latest.fingerprint, issuedAt: claims.iat, at: now }
  const record: Exclude<Lost, 'foreign'> = {
    kind: 'NatsAccount',
    name: accountName(id),
    operator: target.operator,
    url: target.url,
    publicKey: claims.sub,
    roles,
    revocations: Object.fromEntries(Object.entries(revocations ?? {}).map(([user, at]) => [user, { at, until }])),
    wanted: generation,
    pushed,
    fence: 0,
  }
  return fingerprint(claimsOf(record)) === latest.fingerprint ? record : 'foreign'
}

/** Which credentials a revocation was for is not known any more, so none of these is ever dropped. */
const until = Number.MAX_SAFE_INTEGER

/** Former keys stand under their role's name and number. What Fairway never writes is left out. */
function rolesOf(keys: readonly unknown[]): Record<string, Role> {
  const roles: Record<string, Role> = {}
  for (const signingKey of keys) {
    const { key, role: name, template } = signingKey as { key?: unknown; role?: unknown; template?: unknown }
    const scope = scopeFrom(template)
    if (typeof key !== 'string' || typeof name !== 'string' || scope === undefined) continue
    const former = formerKeyOf(name)
    const role = former && roles[former.role]
    if (role) roles[former.role] = { ...role, former: [...(role.former ?? []), { key, keyGeneration: former.number }] }
    else roles[name] = { key, keyGeneration: 0, incarnation: 0, scope }
  }
  return roles
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'object' && member !== null) : []
}
