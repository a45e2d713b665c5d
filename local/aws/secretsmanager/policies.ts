import {
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
} from '@aws-sdk/client-secrets-manager'
import type {
  DeleteResourcePolicyCommandInput,
  GetResourcePolicyCommandInput,
  PutResourcePolicyCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { read, write } from '../core/operations.ts'
import { listOf, parsePolicy } from '../core/policy.ts'
import { invalidShape, malformedPolicy, publicPolicy } from './errors.ts'
import { activeSecretOf, named, secrets } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Statement } from '../core/policy.ts'

export const policyOperations = [
  write(PutResourcePolicyCommand, putResourcePolicy),
  read(GetResourcePolicyCommand, getResourcePolicy),
  write(DeleteResourcePolicyCommand, deleteResourcePolicy),
]

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_LENGTH = 20_480

function putResourcePolicy(input: PutResourcePolicyCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  const policy = input.ResourcePolicy ?? ''
  if (policy.length < 1 || policy.length > MAX_LENGTH) {
    throw invalidShape(call, 'resourcePolicy', `have length between 1 and ${MAX_LENGTH}`)
  }
  const parsed = parsePolicy(policy, 'resource')
  if ('problem' in parsed) throw malformedPolicy(call)
  if (input.BlockPublicPolicy === true && parsed.Statement.some(allowsEverybody)) throw publicPolicy(call)
  secrets(call).put(secret.name, { ...secret, policy, changedAt: call.now })
  return named(secret)
}

/** A secret without a policy is answered without one: that is no error. */
function getResourcePolicy(input: GetResourcePolicyCommandInput, call: Call) {
  const secret = activeSecretOf(call, input.SecretId)
  return { ...named(secret), ...(secret.policy === undefined ? {} : { ResourcePolicy: secret.policy }) }
}

function deleteResourcePolicy(input: DeleteResourcePolicyCommandInput, call: Call) {
  const { policy: _, ...secret } = activeSecretOf(call, input.SecretId)
  secrets(call).put(secret.name, { ...secret, changedAt: call.now })
  return named(secret)
}

function allowsEverybody(statement: Statement): boolean {
  const principal = statement.Principal
  const everybody = principal === '*' || listOf(principal?.['AWS']).includes('*')
  return statement.Effect === 'Allow' && everybody && statement.Condition === undefined
}
