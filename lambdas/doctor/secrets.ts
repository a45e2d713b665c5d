import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import type * as z from 'zod'
import { callAwsWithSecret, findAws } from '../../domain/awserrors.ts'
import { controlSecretName } from '../../domain/names.ts'
import { reveal, SecretValue } from '../../domain/secret.ts'
import type { ControlSecret, DoctorPorts, SecretState } from '../../flow/doctor/ports.ts'
import type { SecretsClient } from '../../secretentries/index.ts'

export type Forms = Readonly<Record<Exclude<ControlSecret['form'], 'webhook'>, z.ZodType>>

/** States of the control plane's own secrets. A value is looked at here, and only what is wrong with it leaves (P3). */
export function secretStates(client: SecretsClient, installation: string, forms: Forms): DoctorPorts['secret'] {
  return async ({ names, form }) => {
    const name = controlSecretName(installation, ...names)
    const found = await findAws(`read the secret ${name}`, () =>
      client.send(new DescribeSecretCommand({ SecretId: name })),
    )
    if (found === undefined || found.Name !== name) return { state: 'absent' }
    if (found.DeletedDate) return { state: 'scheduled-deletion' }
    const filled = Object.values(found.VersionIdsToStages ?? {}).some((stages) => stages.includes('AWSCURRENT'))
    if (!filled) return { state: 'empty' }
    const answer = await callAwsWithSecret(`read the control plane's secret ${name}`, () =>
      client.send(new GetSecretValueCommand({ SecretId: name })),
    )
    if (answer.SecretString === undefined) return malformed('holds bytes, not text')
    const value = new SecretValue(answer.SecretString)
    return form === 'webhook' ? webhook(value) : inForm(value, forms[form])
  }
}

/** Below this a secret is guessed: https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks */
const shortest = 16

function webhook(value: SecretValue): SecretState {
  const text = reveal(value)
  if (text === '') return { state: 'empty' }
  if (text.trim() !== text) return malformed('begins or ends with white space, which is part of the secret')
  if (text.startsWith('{')) return malformed('holds JSON: the text itself is the secret')
  if (text.length < shortest) return malformed(`has fewer than ${shortest} characters`)
  return { state: 'filled' }
}

function inForm(value: SecretValue, form: z.ZodType): SecretState {
  const parsed = form.safeParse(json(value))
  if (parsed.success) return { state: 'filled' }
  // Paths of a schema, never what stands there.
  const places = parsed.error.issues.map(({ path }) => path.join('.') || 'as a whole')
  return malformed(`is not in the right form: ${[...new Set(places)].join(', ')}`)
}

/** A parser quotes what it could not read. */
function json(value: SecretValue): unknown {
  try {
    return JSON.parse(reveal(value))
  } catch {
    return undefined
  }
}

function malformed(reason: string): SecretState {
  return { state: 'malformed', reason }
}
