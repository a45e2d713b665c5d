import { markedForDeletion, notFound } from './errors.ts'
import type { Call } from '../core/operations.ts'
import type { Records } from '../core/state.ts'
import type { Tags } from '../core/tags.ts'

export interface Secret {
  readonly name: string
  readonly arn: string
  readonly description?: string
  readonly kmsKeyId?: string
  readonly tags: Tags
  /** Oldest first. */
  readonly versions: readonly Version[]
  readonly policy?: string
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number
  readonly changedAt: number
  readonly deletion?: { readonly requestedAt: number; readonly at: number }
}

export interface Version {
  readonly id: string
  readonly stages: readonly string[]
  readonly createdAt: number
  readonly value: SecretContent
}

/** Exactly one of them; binary as base64. */
export type SecretContent = { readonly string: string } | { readonly binary: string }

/** By name. */
export function secrets(call: Call): Records<Secret> {
  return call.table<Secret>('secrets')
}

/** All that are not yet gone: the recovery window ends a secret without anybody's call. */
export function existing(call: Call): Secret[] {
  return secrets(call)
    .all()
    .filter((secret) => !isGone(secret, call.now))
}

/** By name, ARN, or ARN without its six random characters. Throws ResourceNotFoundException. */
export function secretOf(call: Call, id: string | undefined): Secret {
  const secret = byArn(call, id) ?? secrets(call).get(id ?? '')
  if (!secret || isGone(secret, call.now)) throw notFound(call)
  return secret
}

/** The same for operations that a scheduled deletion blocks. Throws InvalidRequestException as well. */
export function activeSecretOf(call: Call, id: string | undefined): Secret {
  const secret = secretOf(call, id)
  if (secret.deletion) throw markedForDeletion(call)
  return secret
}

export function isGone(secret: Secret, now: number): boolean {
  return secret.deletion !== undefined && secret.deletion.at <= now
}

export function named(secret: Secret): { ARN: string; Name: string } {
  return { ARN: secret.arn, Name: secret.name }
}

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen */
function byArn(call: Call, id: string | undefined): Secret | undefined {
  const prefix = `arn:aws:secretsmanager:${call.region}:${call.account}:secret:`
  if (!id?.startsWith(prefix)) return undefined
  const rest = id.slice(prefix.length)
  const complete = secrets(call).get(rest.slice(0, -7))
  return complete?.arn === id ? complete : secrets(call).get(rest)
}
