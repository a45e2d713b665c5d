import { DeleteSecretCommand, RestoreSecretCommand } from '@aws-sdk/client-secrets-manager'
import type { DeleteSecretCommandInput, RestoreSecretCommandInput } from '@aws-sdk/client-secrets-manager'
import { write } from '../core/operations.ts'
import { invalidParameter, invalidRequest } from './errors.ts'
import { isGone, named, secretOf, secrets } from './state.ts'
import type { Call } from '../core/operations.ts'

export const deletionOperations = [write(DeleteSecretCommand, deleteSecret), write(RestoreSecretCommand, restoreSecret)]

const DAY = 86_400_000

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html */
function deleteSecret(input: DeleteSecretCommandInput, call: Call) {
  const days = windowOf(call, input)
  if (days === 0) return deleteAtOnce(input.SecretId ?? '', call)
  const secret = secretOf(call, input.SecretId)
  if (secret.deletion) {
    throw invalidRequest(
      call,
      "You can't perform this operation on the secret because it was already scheduled for deletion.",
    )
  }
  const at = call.now + days * DAY
  secrets(call).put(secret.name, { ...secret, deletion: { requestedAt: call.now, at } })
  return { ...named(secret), DeletionDate: new Date(at) }
}

/** Forced deletion of what is already gone succeeds, so that it can be tried again. */
function deleteAtOnce(id: string, call: Call) {
  const known = secrets(call).get(id)
  if (!id.startsWith('arn:') && (known === undefined || isGone(known, call.now))) {
    return { Name: id, DeletionDate: new Date(call.now) }
  }
  const secret = secretOf(call, id)
  secrets(call).remove(secret.name)
  return { ...named(secret), DeletionDate: new Date(call.now) }
}

function restoreSecret(input: RestoreSecretCommandInput, call: Call) {
  const { deletion: _, ...secret } = secretOf(call, input.SecretId)
  secrets(call).put(secret.name, secret)
  return named(secret)
}

/** Days; 0 for at once. */
function windowOf(call: Call, input: DeleteSecretCommandInput): number {
  const days = input.RecoveryWindowInDays
  if (input.ForceDeleteWithoutRecovery === true) {
    if (days === undefined) return 0
    throw invalidParameter(call, "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
  }
  if (days !== undefined && (days < 7 || days > 30)) {
    throw invalidParameter(call, 'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).')
  }
  return days ?? 30
}
