import { CreateSecretCommand, GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { randomBytes } from 'node:crypto'
import { isNotFound } from '../domain/awserrors.ts'
import { controlSecretName } from '../domain/names.ts'
import { reveal, SecretValue } from '../domain/secret.ts'
import type { SecretsClient } from '../secretentries/index.ts'

/** Signs all webhooks of a local control plane. Kept in the simulated Secrets Manager and nowhere else (P3). */
export async function localWebhookSecret(
  client: SecretsClient,
  installation: string,
  given: string | undefined,
): Promise<SecretValue> {
  const name = webhookSecretName(installation)
  const kept = await readSecret(client, name)
  if (kept && (given === undefined || reveal(kept) === given)) return kept
  const value = new SecretValue(given ?? randomBytes(24).toString('base64url'))
  await putSecret(client, name, value)
  return value
}

/** As the control plane's secret for Port holds it: the stand-in's client secret is the one that signs everything. */
export function portCredentials(clientSecret: SecretValue): SecretValue {
  return new SecretValue(JSON.stringify({ clientId: 'local', clientSecret: reveal(clientSecret) }))
}

export function webhookSecretName(installation: string): string {
  return controlSecretName(installation, 'webhooks', 'local')
}

/** Writes only what differs. */
export async function putSecret(client: SecretsClient, name: string, value: SecretValue): Promise<void> {
  const kept = await readSecret(client, name)
  if (kept && reveal(kept) === reveal(value)) return
  const SecretString = reveal(value)
  if (kept) await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }))
  else await client.send(new CreateSecretCommand({ Name: name, SecretString }))
}

async function readSecret(client: SecretsClient, name: string): Promise<SecretValue | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }))
    return SecretString === undefined ? undefined : new SecretValue(SecretString)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
