import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { callAwsWithSecret, isNotFound } from '../../domain/awserrors.ts'
import { Terminal } from '../../domain/errors.ts'
import { controlSecretName } from '../../domain/names.ts'
import { SecretValue, reveal } from '../../domain/secret.ts'
import type { SecretsClient } from '../../secretentries/index.ts'

/** What it takes to write accounts of one operator. */
export interface OperatorKeys {
  /** Seed (`SO…`) of a signing key that the operator's JWT lists, or of the operator itself. */
  readonly signingKey: SecretValue
  /** Content of a credentials file of a user of the system account. */
  readonly systemCredentials: SecretValue
}

/** The secret's value, made when an operator is set up: `{"signingKey": "SO…", "systemCredentials": "-----BEGIN …"}`. */
const format = z.strictObject({
  signingKey: z.string().regex(/^SO[A-Z2-7]{56}$/),
  systemCredentials: z.string().regex(/-BEGIN NATS USER JWT-[\s\S]+-BEGIN USER NKEY SEED-/),
})

export function operatorSecretName(installation: string, operator: string): string {
  return controlSecretName(installation, 'nats', operator)
}

export function operatorSecret(keys: OperatorKeys): SecretValue {
  const { signingKey, systemCredentials } = keys
  return new SecretValue(
    JSON.stringify({ signingKey: reveal(signingKey), systemCredentials: reveal(systemCredentials) }),
  )
}

export async function readOperatorKeys(
  control: SecretsClient,
  installation: string,
  operator: string,
): Promise<OperatorKeys> {
  const name = operatorSecretName(installation, operator)
  const answer = await callAwsWithSecret(`read the keys of the NATS operator ${operator}`, async () => {
    try {
      return await control.send(new GetSecretValueCommand({ SecretId: name }))
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  })
  const fix = `put {"signingKey": "SO…", "systemCredentials": "<content of the .creds file>"} into the secret ${name} of the control plane’s account`
  if (answer?.SecretString === undefined)
    throw new Terminal(`there are no keys of the NATS operator ${operator}`, { fix })
  const parsed = format.safeParse(json(answer.SecretString))
  if (!parsed.success)
    throw new Terminal(`the keys of the NATS operator ${operator} are not in the right form`, { fix })
  return {
    signingKey: new SecretValue(parsed.data.signingKey),
    systemCredentials: new SecretValue(parsed.data.systemCredentials),
  }
}

/** No cause: a parser quotes what it could not read. */
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
