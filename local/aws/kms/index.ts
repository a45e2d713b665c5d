import { DescribeKeyCommand, type KeyAnswer, type KmsClient } from '../../../lambdas/doctor/kms.ts'
import { uuid } from '../core/identifiers.ts'
import { CreateKeyCommand, DisableKeyCommand } from './commands.ts'
import type { ServiceDefinition } from '../core/client.ts'
import type { Call, Operation } from '../core/operations.ts'

export type SimulatedKms = KmsClient

/** Keys, as far as they have a state: that a secret under a disabled one cannot be read is not simulated. */
export const kms: ServiceDefinition = {
  name: 'kms',
  throttled: () => failure('ThrottlingException', 'Rate exceeded'),
  operations: new Map<unknown, Operation>([
    [DescribeKeyCommand, { name: 'DescribeKey', access: 'read', run: (input, call) => describeKey(input, call) }],
    [CreateKeyCommand, { name: 'CreateKey', access: 'write', run: (_input, call) => createKey(call) }],
    [DisableKeyCommand, { name: 'DisableKey', access: 'write', run: (input, call) => disableKey(input, call) }],
  ]),
}

interface Key {
  readonly id: string
  readonly arn: string
  readonly state: 'Enabled' | 'Disabled'
}

function createKey(call: Call): KeyAnswer {
  const id = uuid(call.random)
  const key: Key = { id, arn: `arn:aws:kms:${call.region}:${call.account}:key/${id}`, state: 'Enabled' }
  keys(call).put(id, key)
  return answer(key)
}

function describeKey(input: { readonly KeyId?: string }, call: Call): KeyAnswer {
  return answer(keyOf(call, input.KeyId))
}

function disableKey(input: { readonly KeyId?: string }, call: Call): object {
  const key = keyOf(call, input.KeyId)
  keys(call).put(key.id, { ...key, state: 'Disabled' })
  return {}
}

function keys(call: Call) {
  return call.table<Key>('keys')
}

/** By id or ARN. */
function keyOf(call: Call, name = ''): Key {
  const key = keys(call).get(name.slice(name.lastIndexOf('/') + 1))
  if (key && (name === key.id || name === key.arn)) return key
  throw failure('NotFoundException', `Key '${name}' does not exist`)
}

function answer({ arn, state }: Key): KeyAnswer {
  return { KeyMetadata: { Arn: arn, KeyState: state } }
}

/** AWS JSON 1.1 answers every client error with 400. */
function failure(name: string, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } })
}
