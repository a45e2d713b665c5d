import { ListSecretsCommand } from '@aws-sdk/client-secrets-manager'
import type { Filter, ListSecretsCommandInput } from '@aws-sdk/client-secrets-manager'
import { read } from '../core/operations.ts'
import { page } from '../core/paging.ts'
import { invalidNextToken, invalidShape } from './errors.ts'
import { metadata, stagesById } from './secrets.ts'
import { existing } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Secret } from './state.ts'

export const listingOperations = [read(ListSecretsCommand, listSecrets)]

/** By creation date. Secrets under scheduled deletion only when asked for.
 *  https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html */
function listSecrets(input: ListSecretsCommandInput, call: Call) {
  const size = input.MaxResults ?? 100
  if (size < 1 || size > 100) throw invalidShape(call, 'maxResults', 'have value between 1 and 100')
  if (input.SortBy !== undefined && input.SortBy !== 'created-date') throw notSimulated(`SortBy ${input.SortBy}`)
  const descending = input.SortOrder === 'desc'
  const found = existing(call)
    .filter((secret) => input.IncludePlannedDeletion === true || secret.deletion === undefined)
    .filter((secret) => (input.Filters ?? []).every((filter) => passes(secret, filter)))
    .toSorted((a, b) => (position(a) < position(b) === descending ? 1 : -1))
  const { items, next } = page(call, {
    items: found,
    position,
    descending,
    token: input.NextToken,
    size,
    badToken: () => invalidNextToken(call),
  })
  return { SecretList: items.map(entry), ...(next === undefined ? {} : { NextToken: next }) }
}

/** Zero-padded, so that text and number sort alike. */
function position(secret: Secret): string {
  return `${String(secret.createdAt).padStart(16, '0')} ${secret.name}`
}

/** DeletedDate is when DeleteSecret was called; DescribeSecret's is when the secret goes. */
function entry(secret: Secret) {
  return {
    ...metadata(secret),
    SecretVersionsToStages: stagesById(secret),
    ...(secret.deletion ? { DeletedDate: new Date(secret.deletion.requestedAt) } : {}),
  }
}

/** A filter holds when any of its values does; a value that begins with `!` holds when the rest of it does not. */
function passes(secret: Secret, filter: Filter): boolean {
  const candidates = membersOf(secret, filter.Key)
  return (filter.Values ?? []).some((value) =>
    value.startsWith('!')
      ? !candidates.some((candidate) => candidate.startsWith(value.slice(1)))
      : candidates.some((candidate) => candidate.startsWith(fold(value, filter.Key))),
  )
}

function membersOf(secret: Secret, key: Filter['Key']): string[] {
  if (key === 'name') return [secret.name]
  if (key === 'tag-key') return Object.keys(secret.tags)
  if (key === 'tag-value') return Object.values(secret.tags)
  if (key === 'description') return [fold(secret.description ?? '', key)]
  throw notSimulated(`the filter ${key}`)
}

/** Only descriptions are compared without regard to case. */
function fold(text: string, key: Filter['Key']): string {
  return key === 'description' ? text.toLowerCase() : text
}

function notSimulated(what: string): Error {
  return new Error(`the simulated ListSecrets does not have ${what}; add it to local/aws/secretsmanager/listing.ts`)
}
