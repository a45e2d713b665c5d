import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  PutSecretValueCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { callAws, callAwsWithSecret, findAws, isAlreadyThere } from '../domain/awserrors.ts'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import { generationStage, tagKeys } from '../domain/names.ts'
import { SecretValue, reveal } from '../domain/secret.ts'
import { fromTagList, toTagList } from '../domain/tags.ts'
import type { Tags } from '../domain/tags.ts'

/** Entries in Secrets Manager, as `nats` and `secrets` share them. Every writing call is idempotent. */
export type SecretsClient = Pick<SecretsManagerClient, 'send'>

interface Existing {
  readonly arn: string
  readonly tags: Tags
  /** Staging labels by version id. Versions without a label are not listed, and may be pruned any time. */
  readonly versions: Readonly<Record<string, readonly string[]>>
}

export interface PresentEntry extends Existing {
  readonly status: 'present'
}

/** It still blocks its name, and can be restored. */
export interface DeletedEntry extends Existing {
  readonly status: 'scheduled-deletion'
}

export type ObservedEntry = { readonly status: 'absent' } | PresentEntry | DeletedEntry

export interface NewVersion {
  /** Secrets Manager name. */
  readonly secret: string
  readonly tags: Tags
  /** Only used when the secret is made; the account's default key when absent. */
  readonly kmsKeyId?: string
  /** The ClientRequestToken, `versionToken` of domain/names.ts. */
  readonly versionId: string
  readonly generation: number
  readonly value: SecretValue
  readonly stage: 'AWSCURRENT' | 'AWSPENDING'
  readonly description?: string
}

export type Shell = Pick<NewVersion, 'secret' | 'tags' | 'kmsKeyId' | 'description'>

/** One DescribeSecret. */
export async function observeEntry(client: SecretsClient, secret: string): Promise<ObservedEntry> {
  const answer = await findAws(`read the secret ${secret}`, () =>
    client.send(new DescribeSecretCommand({ SecretId: secret })),
  )
  // A partial name can match by the ARN's random ending: only the full name is the entry.
  if (!answer?.ARN || answer.Name !== secret) return { status: 'absent' }
  const found = { arn: answer.ARN, tags: fromTagList(answer.Tags), versions: answer.VersionIdsToStages ?? {} }
  return answer.DeletedDate ? { status: 'scheduled-deletion', ...found } : { status: 'present', ...found }
}

/**
 * The secret is there afterwards, with or without a value: made with these tags, or restored from scheduled
 * deletion. One that carries another installation's tag, or none, is a `Conflict`: it appeared after planning.
 */
export async function ensureSecret(client: SecretsClient, shell: Shell): Promise<PresentEntry> {
  const found = await observeEntry(client, shell.secret)
  if (found.status === 'absent') {
    const arn = await createShell(client, shell)
    return { status: 'present', arn, tags: shell.tags, versions: {} }
  }
  if (found.tags[tagKeys.installation] !== shell.tags[tagKeys.installation]) {
    throw new Conflict(`the secret ${shell.secret} exists and is not of this installation`)
  }
  if (found.status === 'present') return found
  await callAws(`restore the secret ${shell.secret}`, () =>
    client.send(new RestoreSecretCommand({ SecretId: shell.secret })),
  )
  const restored = await observeEntry(client, shell.secret)
  if (restored.status === 'present') return restored
  throw new RetryLater(`the secret ${shell.secret} is being restored`)
}

/**
 * This version is there afterwards and carries `fairway-g<generation>`. When it exists already it keeps its
 * value, whatever `value` is: a lost answer is found again, never replaced (P2, P4).
 */
export async function ensureVersion(
  client: SecretsClient,
  version: NewVersion,
): Promise<{ readonly arn: string; readonly versionId: string }> {
  const { secret, versionId } = version
  const label = generationStage(version.generation)
  const entry = await ensureSecret(client, version)
  const result = { arn: entry.arn, versionId }
  if (entry.versions[versionId]?.includes(label)) return result
  try {
    await callAwsWithSecret(`put a version of the secret ${secret}`, () =>
      client.send(
        new PutSecretValueCommand({
          SecretId: secret,
          ClientRequestToken: versionId,
          SecretString: reveal(version.value),
          VersionStages: [version.stage, label],
        }),
      ),
    )
  } catch (error) {
    // The token exists with another value: a version of an earlier attempt that lost its label.
    if (!(error instanceof Conflict)) throw error
    await labelVersion(client, secret, versionId, label)
  }
  return result
}

/** The value as a whole: JSON text, for entries that Fairway made. Reads one version by its id. */
export async function readVersion(client: SecretsClient, secret: string, versionId: string): Promise<SecretValue> {
  const answer = await callAwsWithSecret(`read version ${versionId} of the secret ${secret}`, () =>
    client.send(new GetSecretValueCommand({ SecretId: secret, VersionId: versionId })),
  )
  if (answer.SecretString === undefined) {
    throw new Terminal(`the secret ${secret} holds bytes, not text`, {
      fix: 'store a JSON object as text (SecretString)',
    })
  }
  return new SecretValue(answer.SecretString)
}

/** AWSCURRENT stands on this version afterwards, and AWSPENDING no longer does. */
export async function promoteVersion(client: SecretsClient, secret: string, versionId: string): Promise<void> {
  const { versions } = await existing(client, secret)
  const stages = stagesOf(versions, secret, versionId)
  if (!stages.includes('AWSCURRENT')) await moveStage(client, secret, versions, versionId, 'AWSCURRENT')
  if (stages.includes('AWSPENDING')) await dropStage(client, secret, versionId, 'AWSPENDING')
}

/** The label stands on this version afterwards, and on no other. */
export async function labelVersion(
  client: SecretsClient,
  secret: string,
  versionId: string,
  stage: string,
): Promise<void> {
  const { versions } = await existing(client, secret)
  if (versions[versionId]?.includes(stage)) return
  await moveStage(client, secret, versions, versionId, stage)
}

/** Without its last label a version may be pruned. */
export async function removeLabel(
  client: SecretsClient,
  secret: string,
  versionId: string,
  stage: string,
): Promise<void> {
  const entry = await observeEntry(client, secret)
  if (entry.status !== 'present' || !entry.versions[versionId]?.includes(stage)) return
  await dropStage(client, secret, versionId, stage)
}

/** Restorable for `days` (7 to 30). Fine when it is gone, or on its way, already. */
export async function scheduleDeletion(client: SecretsClient, secret: string, days: number): Promise<void> {
  const { status } = await observeEntry(client, secret)
  if (status !== 'present') return
  await callAws(`schedule the deletion of the secret ${secret}`, () =>
    client.send(new DeleteSecretCommand({ SecretId: secret, RecoveryWindowInDays: days })),
  )
}

/** Sets these tags and leaves others alone. */
export async function retag(client: SecretsClient, secret: string, tags: Tags): Promise<void> {
  await callAws(`tag the secret ${secret}`, () =>
    client.send(new TagResourceCommand({ SecretId: secret, Tags: toTagList(tags) })),
  )
}

async function createShell(client: SecretsClient, shell: Shell): Promise<string> {
  const { secret } = shell
  const answer = await callAws(`create the secret ${secret}`, async () => {
    try {
      return await client.send(
        new CreateSecretCommand({
          Name: secret,
          Tags: toTagList(shell.tags),
          ...(shell.kmsKeyId === undefined ? {} : { KmsKeyId: shell.kmsKeyId }),
          ...(shell.description === undefined ? {} : { Description: shell.description }),
        }),
      )
    } catch (error) {
      if (isAlreadyThere(error)) throw new Conflict(`somebody just made the secret ${secret}`, { cause: error })
      throw error
    }
  })
  if (answer.ARN === undefined) throw new RetryLater(`the secret ${secret} was made, and its ARN is not known yet`)
  return answer.ARN
}

async function existing(client: SecretsClient, secret: string): Promise<PresentEntry> {
  const entry = await observeEntry(client, secret)
  if (entry.status === 'present') return entry
  throw new Conflict(`the secret ${secret} is ${entry.status === 'absent' ? 'gone' : 'scheduled for deletion'}`)
}

function stagesOf(versions: Readonly<Record<string, readonly string[]>>, secret: string, versionId: string) {
  const stages = versions[versionId]
  if (stages) return stages
  throw new Conflict(`version ${versionId} of the secret ${secret} is gone`)
}

async function moveStage(
  client: SecretsClient,
  secret: string,
  versions: Readonly<Record<string, readonly string[]>>,
  versionId: string,
  stage: string,
): Promise<void> {
  const holder = Object.keys(versions).find((id) => id !== versionId && versions[id]?.includes(stage))
  const what = `move ${stage} to version ${versionId} of the secret ${secret}`
  await callAws(what, async () => {
    try {
      return await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secret,
          VersionStage: stage,
          MoveToVersionId: versionId,
          // Required when another version has the stage: the move is refused if that changed meanwhile.
          ...(holder === undefined ? {} : { RemoveFromVersionId: holder }),
        }),
      )
    } catch (error) {
      // Or the look before was stale: who reads again finds where the stage stands.
      if (error instanceof InvalidParameterException) throw new Conflict(`could not ${what}`, { cause: error })
      throw error
    }
  })
}

async function dropStage(client: SecretsClient, secret: string, versionId: string, stage: string): Promise<void> {
  await callAws(`remove ${stage} from version ${versionId} of the secret ${secret}`, () =>
    client.send(
      new UpdateSecretVersionStageCommand({ SecretId: secret, VersionStage: stage, RemoveFromVersionId: versionId }),
    ),
  )
}
