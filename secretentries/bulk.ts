import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import type { SecretListEntry } from '@aws-sdk/client-secrets-manager'
import { callAws } from '../domain/awserrors.ts'
import type { BulkPlace, OwnedThing } from '../domain/fleet.ts'
import { entriesPrefix, tagKeys } from '../domain/names.ts'
import { fromTagList } from '../domain/tags.ts'
import type { ObservedEntry, SecretsClient } from './remote.ts'

type Existing = Exclude<ObservedEntry, { readonly status: 'absent' }>

/**
 * All entries of one installation in one account and region, by their Secrets Manager name, as DescribeSecret tells
 * them, but up to five minutes old.
 */
export type Entries = ReadonlyMap<string, Existing>

/** Reads once per look and remembers: `secrets` and `nats` share it. */
export type EntriesReader = () => Promise<Entries>

/** The most that Secrets Manager gives: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
const pageSize = 100

/** One read for a hundred entries of the installation, those in their recovery window included. */
export async function readEntries(client: SecretsClient, installation: string): Promise<Entries> {
  const prefix = entriesPrefix(installation)
  const entries = new Map<string, Existing>()
  let NextToken: string | undefined
  do {
    const input = {
      MaxResults: pageSize,
      IncludePlannedDeletion: true,
      Filters: [{ Key: 'name' as const, Values: [prefix] }],
      ...(NextToken === undefined ? {} : { NextToken }),
    }
    const answer = await callAws('list the secrets of the account', () => client.send(new ListSecretsCommand(input)))
    for (const listed of answer.SecretList ?? []) {
      // What exactly the filter takes for a beginning is documented in two ways; here it is the text.
      if (listed.ARN !== undefined && listed.Name?.startsWith(prefix))
        entries.set(listed.Name, existing(listed.ARN, listed))
    }
    NextToken = answer.NextToken
  } while (NextToken !== undefined)
  return entries
}

export function entryIn(entries: Entries, secret: string): ObservedEntry {
  return entries.get(secret) ?? { status: 'absent' }
}

/** With the installation's tag. What waits for its deletion is on its way out, whoever declared it. */
export function* ownedEntries(
  entries: Entries,
  { installation }: BulkPlace,
  isWanted: (entry: string) => boolean,
): Iterable<OwnedThing> {
  for (const [name, { status, tags }] of entries) {
    const [entry, ...others] = name.slice(entriesPrefix(installation.name).length).split('/').toReversed()
    if (status !== 'present' || tags[tagKeys.installation] !== installation.name) continue
    if (entry && others.length === 3 && isWanted(entry)) yield { id: name, what: `secret ${name}` }
  }
}

/** Nothing that holds on to the page it came from. */
function existing(arn: string, { Tags, SecretVersionsToStages, DeletedDate }: SecretListEntry): Existing {
  const found = { arn, tags: fromTagList(Tags), versions: SecretVersionsToStages ?? {} }
  return DeletedDate ? { status: 'scheduled-deletion', ...found } : { status: 'present', ...found }
}
