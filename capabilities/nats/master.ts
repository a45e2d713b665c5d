import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { callAws, callAwsWithSecret, isAlreadyThere, isNotFound } from '../../domain/awserrors.ts'
import type { Random } from '../../domain/effects.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'
import { controlSecretName, tagKeys, versionToken } from '../../domain/names.ts'
import { SecretValue } from '../../domain/secret.ts'
import { toTagList } from '../../domain/tags.ts'
import type { SecretsClient } from '../../secretentries/index.ts'
import { accountName } from './account.ts'
import type { AccountId } from './account.ts'

/** What all keys of one account are derived from: 32 random bytes in base64url, made once, read by the control plane only. */
export function masterSecretName({ installation, system, environment }: AccountId): string {
  return controlSecretName(installation, 'nats', 'accounts', system, environment)
}

/** Two that make it at once agree: the token is the same, so the second value is refused, and the first is read. */
export async function ensureMaster(
  control: SecretsClient,
  account: AccountId,
  random: Random,
  kmsKeyId: string | undefined,
): Promise<SecretValue> {
  const value = Buffer.from(random.bytes(32)).toString('base64url')
  if (await create(control, account, value, kmsKeyId)) return new SecretValue(value)
  const found = await findMaster(control, account)
  if (found) return found
  throw new RetryLater(`the secret ${masterSecretName(account)} exists and cannot be read yet`)
}

/** The version that was made first, whatever was put there since. */
export async function readMaster(control: SecretsClient, account: AccountId): Promise<SecretValue> {
  const found = await findMaster(control, account)
  if (found) return found
  const name = masterSecretName(account)
  throw new RetryLater(
    `the secret ${name} cannot be found: it was made just now, or it is gone and has to come back from a backup`,
  )
}

/** False when it exists, made just now by another or long ago. */
async function create(
  control: SecretsClient,
  account: AccountId,
  value: string,
  kmsKeyId: string | undefined,
): Promise<boolean> {
  const name = masterSecretName(account)
  return callAwsWithSecret(`create the secret ${name}`, async () => {
    try {
      await control.send(
        new CreateSecretCommand({
          Name: name,
          ClientRequestToken: versionOf(name),
          Description: `Keys of the NATS account ${accountName(account)} are derived from this: never change or delete it.`,
          SecretString: value,
          Tags: toTagList({
            [tagKeys.installation]: account.installation,
            [tagKeys.system]: account.system,
            [tagKeys.environment]: account.environment,
          }),
          ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
        }),
      )
      return true
    } catch (error) {
      // The second is what a name under scheduled deletion answers: reading says so in better words.
      if (isAlreadyThere(error) || isInvalidRequest(error)) return false
      throw error
    }
  })
}

/** Undefined when there is none: the account was never made. */
export async function findMaster(control: SecretsClient, account: AccountId): Promise<SecretValue | undefined> {
  const name = masterSecretName(account)
  const answer = await callAws(`read the secret ${name}`, async () => {
    try {
      return await control.send(new GetSecretValueCommand({ SecretId: name, VersionId: versionOf(name) }))
    } catch (error) {
      if (isNotFound(error)) return undefined
      if (!isInvalidRequest(error)) throw error
      throw new Terminal(`the secret ${name} is scheduled for deletion, and with it the keys of the account`, {
        cause: error,
        fix: `restore it: aws secretsmanager restore-secret --secret-id ${name}`,
      })
    }
  })
  return answer?.SecretString === undefined ? undefined : new SecretValue(answer.SecretString)
}

function isInvalidRequest(error: unknown): boolean {
  return (error as { readonly name?: unknown }).name === 'InvalidRequestException'
}

function versionOf(name: string): string {
  return versionToken(name, 1, 1)
}
