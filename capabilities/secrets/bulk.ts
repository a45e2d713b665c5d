import { never } from '../../domain/errors.ts'
import type { BulkObserver, BulkPlace, DriftKind } from '../../domain/fleet.ts'
import { entryIn, ownedEntries } from '../../secretentries/index.ts'
import type { Entries, EntriesReader } from '../../secretentries/index.ts'
import type { DesiredEntry, SecretsDesired } from './desired.ts'
import { ownershipOf, versionToInspect } from './observed.ts'
import type { Observed, SecretsObserved } from './observed.ts'
import type { SecretsAction } from './plan.ts'

export interface SecretsBulkRemote {
  /** Of the place, read once for `secrets` and `nats`. */
  readonly entries: EntriesReader
}

export interface SecretsSnapshot {
  readonly place: BulkPlace
  readonly entries: Entries
}

/** No value is ever read by it (P3). */
export const secretsBulk: BulkObserver<
  SecretsDesired,
  SecretsObserved,
  SecretsAction,
  SecretsBulkRemote,
  SecretsSnapshot
> = {
  snapshot: async ({ entries }, place) => ({ place, entries: await entries() }),
  observed: ({ entries: wanted }, { entries }) =>
    Object.fromEntries(
      wanted.map(({ entry, secret }) => [entry, { entry: entryIn(entries, secret), inspection: undefined }]),
    ),
  drift: (action, desired, observed) => {
    if (action.type === 'refuse') return { kind: 'disowned', where: refusedOn(action.summary, desired) }
    const wanted = desired.entries.find(({ entry }) => entry === action.entry)
    const kind = driftOf(action, wanted, observed[action.entry])
    return kind && { kind, where: action.secret }
  },
  unread: (desired, observed) =>
    desired.entries.flatMap((wanted) => {
      const version = ownersVersion(desired, wanted, observed[wanted.entry])
      if (version === undefined) return []
      const what = `look into version ${version} of the secret ${wanted.secret}, which its owner wrote`
      return [{ kind: 'due', where: wanted.secret, what }]
    }),
  accounts: ({ entries }) => entries.map(({ secret }) => secret),
  owned: ({ place, entries }) => ownedEntries(entries, place, (entry) => entry !== 'nats'),
}

/** The version of a placeholder of which the record does not say which keys it holds. */
function ownersVersion(desired: SecretsDesired, wanted: DesiredEntry, found: Observed | undefined) {
  if (wanted.wanted?.content.kind !== 'placeholder' || !found || found.inspection) return undefined
  if (ownershipOf(desired, wanted, found.entry) !== 'ours') return undefined
  return versionToInspect(wanted, found.entry, desired.restoring)
}

/** What somebody changed is drift; what time, a request or another spec brought is due. */
function driftOf(
  action: SecretsAction,
  wanted: DesiredEntry | undefined,
  found: Observed | undefined,
): DriftKind | undefined {
  switch (action.type) {
    case 'create':
    case 'restore':
      return wanted && wasThere(wanted) ? 'secret-deleted' : 'due'
    case 'tag':
      return wanted?.claim?.adopted ? 'due' : 'secret-tags-changed'
    case 'mint':
      // Belongs to making the secret again.
      if (found?.entry.status !== 'present') return undefined
      return action.credential.reason === 'lost' ? 'secret-changed' : 'due'
    case 'promote':
      // Belongs to minting it.
      if (!hasVersion(found, action.credential.versionId)) return undefined
      return isOnRecord(wanted, action.credential.versionId) ? 'secret-changed' : 'due'
    case 'pin':
      return isOnRecord(wanted, action.credential.versionId) ? 'secret-changed' : 'due'
    case 'unpin':
    case 'schedule-deletion':
      return 'due'
    case 'note':
    case 'record':
    case 'release':
      return undefined
    default:
      return never(action)
  }
}

/** It was seen: the claim has its ARN. One that was given up, and is declared again, is no longer missed. */
function wasThere({ claim, secret }: DesiredEntry): boolean {
  return claim !== undefined && claim.id !== secret && claim.retained !== true
}

function hasVersion(found: Observed | undefined, versionId: string): boolean {
  return found !== undefined && found.entry.status !== 'absent' && found.entry.versions[versionId] !== undefined
}

function isOnRecord(wanted: DesiredEntry | undefined, versionId: string): boolean {
  const { credential } = wanted ?? {}
  return credential?.state === 'current' && credential.versionId === versionId
}

/** A refusal names the secret that it is about, and then says why. */
function refusedOn(summary: string, { entries }: SecretsDesired): string {
  return entries.find(({ secret }) => summary.startsWith(`secret ${secret} `))?.secret ?? summary
}
