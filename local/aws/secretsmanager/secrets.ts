import { CreateSecretCommand, DescribeSecretCommand, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager'
import type {
  CreateSecretCommandInput,
  DescribeSecretCommandInput,
  UpdateSecretCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { randomText } from '../core/identifiers.ts'
import { read, write } from '../core/operations.ts'
import { fromTagList, toTagList } from '../core/tags.ts'
import { exists, invalidParameter, invalidRequest, invalidShape } from './errors.ts'
import { CURRENT } from './stages.ts'
import { activeSecretOf, isGone, named, secretOf, secrets } from './state.ts'
import { checkTags } from './tagging.ts'
import { contentOf, tokenOf, withVersion } from './values.ts'
import type { Call } from '../core/operations.ts'
import type { Secret, SecretContent } from './state.ts'

export const secretOperations = [
  write(CreateSecretCommand, createSecret),
  read(DescribeSecretCommand, describeSecret),
  write(UpdateSecretCommand, updateSecret),
]

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function createSecret(input: CreateSecretCommandInput, call: Call) {
  const name = checkedName(call, input.Name)
  const value = contentOf(call, input)
  const token = tokenOf(call, input.ClientRequestToken)
  checkDescription(call, input.Description)
  checkTags(call, {}, input.Tags)
  const known = secrets(call).get(name)
  if (known && !isGone(known, call.now)) return createdBefore(call, known, token, value)
  const secret: Secret = {
    name,
    arn: `arn:aws:secretsmanager:${call.region}:${call.account}:secret:${name}-${randomText(call.random, LETTERS, 6)}`,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: input.KmsKeyId }),
    tags: fromTagList(input.Tags),
    versions: [],
    createdAt: call.now,
    changedAt: call.now,
  }
  secrets(call).put(name, value ? withVersion(call, secret, { id: token, value, stages: [CURRENT] }) : secret)
  return { ...named(secret), ...(value ? { VersionId: token } : {}) }
}

/** Only the repeated request itself is answered; its token is the version that it made.
 *  https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
function createdBefore(call: Call, secret: Secret, token: string, value: SecretContent | undefined) {
  if (secret.deletion) {
    throw invalidRequest(
      call,
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
  }
  const repeated = value !== undefined && secret.versions.some((version) => version.id === token)
  if (!repeated) throw exists(call, `The operation failed because the secret ${secret.name} already exists.`)
  withVersion(call, secret, { id: token, value, stages: [CURRENT] })
  return { ...named(secret), VersionId: token }
}

/** Also answers for secrets that are scheduled for deletion: their DeletedDate is how one knows. */
function describeSecret(input: DescribeSecretCommandInput, call: Call) {
  const secret = secretOf(call, input.SecretId)
  return {
    ...metadata(secret),
    VersionIdsToStages: stagesById(secret),
    ...(secret.deletion ? { DeletedDate: new Date(secret.deletion.at) } : {}),
  }
}

function updateSecret(input: UpdateSecretCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  const value = contentOf(call, input)
  const token = tokenOf(call, input.ClientRequestToken)
  checkDescription(call, input.Description)
  const updated: Secret = {
    ...secret,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: input.KmsKeyId }),
    changedAt: call.now,
  }
  const changed = value ? withVersion(call, updated, { id: token, value, stages: [CURRENT] }) : updated
  secrets(call).put(secret.name, changed)
  return { ...named(secret), ...(value ? { VersionId: token } : {}) }
}

/** What DescribeSecret and ListSecrets both tell; members without a value are left out, as in the service's answers. */
export function metadata(secret: Secret) {
  const tags = toTagList(secret.tags)
  return {
    ...named(secret),
    ...(secret.description === undefined ? {} : { Description: secret.description }),
    ...(secret.kmsKeyId === undefined ? {} : { KmsKeyId: secret.kmsKeyId }),
    ...(tags.length === 0 ? {} : { Tags: tags }),
    LastChangedDate: new Date(secret.changedAt),
    CreatedDate: new Date(secret.createdAt),
  }
}

/** Versions without labels are not told. */
export function stagesById(secret: Secret): Record<string, string[]> {
  const labelled = secret.versions.filter((version) => version.stages.length > 0)
  return Object.fromEntries(labelled.map((version) => [version.id, [...version.stages]]))
}

function checkedName(call: Call, name = ''): string {
  if (name.length < 1 || name.length > 512) throw invalidShape(call, 'name', 'have length between 1 and 512')
  if (!/^[A-Za-z0-9/_+=.@-]+$/.test(name)) {
    throw invalidParameter(
      call,
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@',
    )
  }
  return name
}

function checkDescription(call: Call, description: string | undefined): void {
  if ((description?.length ?? 0) > 2048)
    throw invalidShape(call, 'description', 'have length less than or equal to 2048')
}
