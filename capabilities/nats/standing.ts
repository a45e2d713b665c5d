import { claimsOf, fingerprint, roleFingerprint } from './account.ts'
import type { AccountRecord, AccountView, Role } from './account.ts'
import type { Observation } from './provider.ts'

/**
 * How the servers' copy of an account stands to our record. `behind` is repaired by pushing. `foreign` was
 * written by somebody else with the operator's key, and is never overwritten: it would be their turn next.
 */
export type Standing = 'current' | 'behind' | { readonly foreign: string }

export function standing(record: AccountRecord, observation: Observation): Standing {
  const foreign = observation.views.map((view) => foreignness(record, view)).find((reason) => reason !== undefined)
  if (foreign !== undefined) return { foreign }
  const [first, ...rest] = observation.views
  if (!first || observation.missing || rest.some((view) => view.fingerprint !== first.fingerprint)) return 'behind'
  const ours = pushes(record).some((push) => push.fingerprint === first.fingerprint)
  return ours && observation.views.every((view) => view.issuer === observation.signer) ? 'current' : 'behind'
}

/** True when every server that answered gives this role these permissions, under this key. */
export function shows(observation: Observation, name: string, role: Role): boolean {
  const expected = roleFingerprint(name, role)
  return observation.views.length > 0 && observation.views.every((view) => view.roles[name] === expected)
}

/** True when a server still knows a role of this name. */
export function showsAny(observation: Observation, name: string): boolean {
  return observation.views.some((view) => view.roles[name] !== undefined)
}

/** What to do about a foreign writer. */
export const foreignFix =
  'find out who else writes this account with the operator’s key and stop that; then delete the account from the ' +
  'resolver (nsc delete account, nsc push), and the next reconcile pushes it again as Fairway has it on record'

function foreignness(record: AccountRecord, view: AccountView): string | undefined {
  const { generation } = view
  if (generation === undefined) return `a server shows claims for the account ${record.name} that Fairway did not write`
  if (generation > record.wanted) {
    return `a server shows generation ${generation} of the account ${record.name}, and Fairway has made ${record.wanted}`
  }
  const known = pushes(record).filter((push) => push.generation === generation)
  // Nothing of this generation was pushed, but it may be what would be: then it is ours all the same.
  const own = known.length > 0 ? known.map((push) => push.fingerprint) : [fingerprint(claimsOf(record))]
  if (generation < record.wanted && known.length === 0) return undefined
  if (own.includes(view.fingerprint)) return undefined
  return `a server shows other claims for generation ${generation} of the account ${record.name} than Fairway pushed`
}

function pushes({ pushed, pushing }: AccountRecord) {
  return [pushed, pushing].filter((push) => push !== undefined)
}
