import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type { GetSecretValueCommandInput, PutSecretValueCommandInput } from '@aws-sdk/client-secrets-manager'
import { uuid } from '../core/identifiers.ts'
import { read, write } from '../core/operations.ts'
import { exists, invalidParameter, invalidRequest, invalidShape, limitExceeded, notFound } from './errors.ts'
import { CURRENT, attach, holderOf, labelCount, pruned } from './stages.ts'
import { activeSecretOf, named, secrets } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Secret, SecretContent, Version } from './state.ts'

export const valueOperations = [
  read(GetSecretValueCommand, getSecretValue),
  write(PutSecretValueCommand, putSecretValue),
]

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_BYTES = 65_536
const MAX_LABELS = 20

interface ValueInput {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

function getSecretValue(input: GetSecretValueCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  const version = versionOf(call, secret, input)
  const value =
    'string' in version.value
      ? { SecretString: version.value.string }
      : { SecretBinary: new Uint8Array(Buffer.from(version.value.binary, 'base64')) }
  return {
    ...named(secret),
    VersionId: version.id,
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAt),
    ...value,
  }
}

/** Both an id and a label may be given; then they must mean the same version. */
function versionOf(call: Call, secret: Secret, input: GetSecretValueCommandInput): Version {
  const { VersionId: id, VersionStage: stage } = input
  if (id === undefined) {
    const held = holderOf(secret.versions, stage ?? CURRENT)
    if (held) return held
    throw notFound(call, `secret value for staging label: ${stage ?? CURRENT}`)
  }
  const version = secret.versions.find((one) => one.id === id)
  if (!version) throw notFound(call, `secret value for VersionId: ${id}`)
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw invalidRequest(call, 'You provided a VersionStage that is not associated to the provided VersionId.')
  }
  return version
}

function putSecretValue(input: PutSecretValueCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  const value = contentOf(call, input)
  if (!value) throw invalidRequest(call, 'You must provide either SecretString or SecretBinary.')
  const stages = checkedStages(call, input.VersionStages)
  const id = tokenOf(call, input.ClientRequestToken)
  const changed = withVersion(call, secret, { id, value, stages })
  if (changed !== secret) secrets(call).put(secret.name, changed)
  const stored = changed.versions.find((version) => version.id === id)
  return { ...named(secret), VersionId: id, VersionStages: [...(stored?.stages ?? [])] }
}

/**
 * The secret with one more version. A version id that exists with the same value changes nothing, with another value
 * it is refused: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html.
 * The first version becomes AWSCURRENT whatever labels were asked for.
 */
export function withVersion(
  call: Call,
  secret: Secret,
  added: { readonly id: string; readonly value: SecretContent; readonly stages: readonly string[] },
): Secret {
  const known = secret.versions.find((version) => version.id === added.id)
  if (known && !sameContent(known.value, added.value)) throw versionExists(call, added.id)
  if (known) return secret
  const version: Version = { id: added.id, stages: [], createdAt: call.now, value: added.value }
  const stages = secret.versions.length === 0 ? [...added.stages, CURRENT] : added.stages
  return withVersions(call, secret, attach([...secret.versions, version], added.id, stages))
}

/** The secret with its versions changed: within the quota of labels, and without what nobody needs any more. */
export function withVersions(call: Call, secret: Secret, versions: readonly Version[]): Secret {
  if (labelCount(versions) > MAX_LABELS) {
    throw limitExceeded(call, `A secret can have at most ${MAX_LABELS} staging labels across all versions.`)
  }
  return { ...secret, versions: pruned(versions, call.now), changedAt: call.now }
}

/** The value in an input; undefined when there is none. */
export function contentOf(call: Call, input: ValueInput): SecretContent | undefined {
  const { SecretString: string, SecretBinary: binary } = input
  if (string !== undefined && binary !== undefined) {
    throw invalidParameter(call, "You can't specify both a binary secret value and a string secret value.")
  }
  const size = string === undefined ? binary?.byteLength : Buffer.byteLength(string)
  if (size === undefined) return undefined
  if (size < 1 || size > MAX_BYTES) {
    throw invalidShape(
      call,
      string === undefined ? 'secretBinary' : 'secretString',
      `have length between 1 and ${MAX_BYTES}`,
    )
  }
  return string === undefined ? { binary: Buffer.from(binary ?? []).toString('base64') } : { string }
}

/** The SDK fills in a UUID where the caller gave no token. */
export function tokenOf(call: Call, token: string | undefined): string {
  const id = token ?? uuid(call.random)
  if (id.length < 32 || id.length > 64)
    throw invalidParameter(call, 'ClientRequestToken must be 32-64 characters long.')
  return id
}

function checkedStages(call: Call, stages: readonly string[] | undefined): readonly string[] {
  if (stages === undefined) return [CURRENT]
  if (stages.length < 1 || stages.length > MAX_LABELS) {
    throw invalidShape(call, 'versionStages', `have length between 1 and ${MAX_LABELS}`)
  }
  for (const stage of stages) checkStage(call, stage)
  return stages
}

export function checkStage(call: Call, stage: string): void {
  if (stage.length < 1 || stage.length > 256) throw invalidShape(call, 'versionStage', 'have length between 1 and 256')
}

function versionExists(call: Call, id: string): Error {
  return exists(
    call,
    `You can't use ClientRequestToken ${id} because that value is already in use for a version of this secret with another value.`,
  )
}

function sameContent(a: SecretContent, b: SecretContent): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
