import { ListSecretVersionIdsCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager'
import type {
  ListSecretVersionIdsCommandInput,
  UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { read, write } from '../core/operations.ts'
import { page } from '../core/paging.ts'
import { invalidNextToken, invalidParameter, invalidShape, notFound } from './errors.ts'
import { CURRENT, attach, detach, holderOf } from './stages.ts'
import { activeSecretOf, named, secretOf, secrets } from './state.ts'
import { checkStage, withVersions } from './values.ts'
import type { Call } from '../core/operations.ts'
import type { Secret, Version } from './state.ts'

export const versionOperations = [
  read(ListSecretVersionIdsCommand, listSecretVersionIds),
  write(UpdateSecretVersionStageCommand, updateSecretVersionStage),
]

function listSecretVersionIds(input: ListSecretVersionIdsCommandInput, call: Call) {
  const secret = secretOf(call, input.SecretId)
  const size = input.MaxResults ?? 100
  if (size < 1 || size > 100) throw invalidShape(call, 'maxResults', 'have value between 1 and 100')
  const { items, next } = page(call, {
    items: secret.versions
      .filter((version) => input.IncludeDeprecated === true || version.stages.length > 0)
      .toSorted((a, b) => (position(a) < position(b) ? -1 : 1)),
    position,
    token: input.NextToken,
    size,
    badToken: () => invalidNextToken(call),
  })
  return {
    ...named(secret),
    Versions: items.map((version) => ({
      VersionId: version.id,
      ...(version.stages.length === 0 ? {} : { VersionStages: [...version.stages] }),
      CreatedDate: new Date(version.createdAt),
    })),
    ...(next === undefined ? {} : { NextToken: next }),
  }
}

/** By age. */
function position(version: Version): string {
  return `${String(version.createdAt).padStart(16, '0')} ${version.id}`
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html */
function updateSecretVersionStage(input: UpdateSecretVersionStageCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  const stage = input.VersionStage ?? ''
  checkStage(call, stage)
  const { MoveToVersionId: to, RemoveFromVersionId: from } = input
  if (to === undefined && from === undefined) {
    throw invalidParameter(call, 'You must specify MoveToVersionId, RemoveFromVersionId, or both.')
  }
  for (const id of [to, from]) checkVersion(call, secret, id)
  checkHolder(call, secret, stage, { to, from })
  const versions = to === undefined ? detach(secret.versions, from ?? '', stage) : attach(secret.versions, to, [stage])
  secrets(call).put(secret.name, withVersions(call, secret, versions))
  return named(secret)
}

function checkVersion(call: Call, secret: Secret, id: string | undefined): void {
  if (id === undefined || secret.versions.some((version) => version.id === id)) return
  throw notFound(call, `secret value for VersionId: ${id}`)
}

interface Move {
  readonly to: string | undefined
  readonly from: string | undefined
}

/** Whoever moves a label has to name the version that has it: a compare-and-swap. */
function checkHolder(call: Call, secret: Secret, stage: string, { to, from }: Move): void {
  const holder = holderOf(secret.versions, stage)?.id
  if (to === undefined && stage === CURRENT) {
    throw invalidParameter(
      call,
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    )
  }
  if (from === undefined && holder !== undefined && holder !== to) {
    throw invalidParameter(
      call,
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    )
  }
  if (from !== undefined && holder !== from) {
    throw invalidParameter(
      call,
      `When you move staging label ${stage}, RemoveFromVersionId must be set to the version that currently has the staging label.`,
    )
  }
}
