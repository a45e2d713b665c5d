import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import { callAwsWithSecret, isNotFound } from '../../domain/awserrors.ts'
import type { Clock } from '../../domain/effects.ts'
import { Terminal } from '../../domain/errors.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import type { SecretsClient } from '../../secretentries/index.ts'

/** Milliseconds that a value is kept: a rotated webhook secret is taken up within this time. */
const keep = 5 * 60_000

/**
 * Secrets of the control plane itself, by name: the current value, and the previous one, so that a rotation loses no
 * webhook. A secret that does not exist, or is still empty, has no values.
 */
export function controlSecrets(
  client: SecretsClient,
  clock: Pick<Clock, 'now'>,
): (name: string) => Promise<readonly SecretValue[]> {
  const known = new Map<string, { readonly at: number; readonly values: Promise<readonly SecretValue[]> }>()
  return (name) => {
    const kept = known.get(name)
    if (kept && clock.now() - kept.at < keep) return kept.values
    const values = read(client, name)
    known.set(name, { at: clock.now(), values })
    // An empty or failed answer is not kept: somebody is just filling it.
    values.then(
      (found) => found.length === 0 && known.delete(name),
      () => known.delete(name),
    )
    return values
  }
}

/** A secret that holds JSON. What is wrong with it is said without any of it, so errors have no cause here. */
export function parseSecret<Value>(
  secret: SecretValue | undefined,
  format: z.ZodType<Value>,
  name: string,
  example: string,
): Value {
  const parsed = format.safeParse(secret && json(reveal(secret)))
  if (parsed.success) return parsed.data
  throw new Terminal(`the secret ${name} is empty or not in the right form`, { fix: `write ${example}` })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function read(client: SecretsClient, name: string): Promise<readonly SecretValue[]> {
  const stages = ['AWSCURRENT', 'AWSPREVIOUS']
  const values = await Promise.all(stages.map((stage) => readStage(client, name, stage)))
  return values.filter((value) => value !== undefined)
}

async function readStage(client: SecretsClient, name: string, stage: string): Promise<SecretValue | undefined> {
  const command = new GetSecretValueCommand({ SecretId: name, VersionStage: stage })
  const answer = await callAwsWithSecret(`read the control plane's secret ${name}`, async () => {
    try {
      return await client.send(command)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  })
  return answer?.SecretString ? new SecretValue(answer.SecretString) : undefined
}
