import { AssumeRoleCommand, GetCallerIdentityCommand, STSServiceException } from '@aws-sdk/client-sts'
import type { AssumeRoleCommandInput, GetCallerIdentityCommandInput } from '@aws-sdk/client-sts'
import { constraint, unmodelled } from '../core/errors.ts'
import { randomText } from '../core/identifiers.ts'
import { read } from '../core/operations.ts'
import { roleKey } from '../iam/state.ts'
import { trusts } from './trust.ts'
import type { ServiceDefinition } from '../core/client.ts'
import type { Call } from '../core/operations.ts'
import type { Role } from '../iam/state.ts'

export const sts: ServiceDefinition = {
  name: 'sts',
  throttled: (call) => unmodelled(STSServiceException, 'Throttling', 400, call, 'Rate exceeded'),
  operations: new Map([read(GetCallerIdentityCommand, getCallerIdentity), read(AssumeRoleCommand, assumeRole)]),
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LETTERS = `${UPPER}${UPPER.toLowerCase()}0123456789`

/** Who calls: a function's session in the client's account. */
function callerArn(call: Call): string {
  return `arn:aws:sts::${call.account}:assumed-role/fairway/local`
}

function getCallerIdentity(_input: GetCallerIdentityCommandInput, call: Call) {
  return { Account: call.account, Arn: callerArn(call), UserId: 'AROAFAIRWAYLOCAL00000:local' }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
function assumeRole(input: AssumeRoleCommandInput, call: Call) {
  const session = checkedSession(call, input)
  const [, account, name] = /^arn:aws:iam::(\d{12}):role\/(?:\S+\/)?([\w+=,.@-]+)$/.exec(input.RoleArn ?? '') ?? []
  const found = account && name ? call.look<Role>('iam', account, 'roles').get(roleKey(name)) : undefined
  const role = found?.arn === input.RoleArn ? found : undefined
  // A role that is missing and one that does not trust the caller are answered alike.
  if (!role || !trusts(role.trust, { account: call.account, arn: callerArn(call), externalId: input.ExternalId })) {
    const message = `User: ${callerArn(call)} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`
    throw unmodelled(STSServiceException, 'AccessDenied', 403, call, message)
  }
  const seconds = input.DurationSeconds ?? 3600
  if (seconds > role.maxSessionDuration) {
    throw invalid(call, 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  return {
    Credentials: {
      AccessKeyId: `ASIA${randomText(call.random, UPPER, 16)}`,
      SecretAccessKey: randomText(call.random, LETTERS, 40),
      SessionToken: randomText(call.random, LETTERS, 120),
      Expiration: new Date(call.now + seconds * 1000),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${role.id}:${session}`,
      Arn: `arn:aws:sts::${account}:assumed-role/${role.name}/${session}`,
    },
  }
}

function checkedSession(call: Call, input: AssumeRoleCommandInput): string {
  const name = input.RoleSessionName ?? ''
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) {
    throw invalid(call, constraint('roleSessionName', 'satisfy regular expression pattern: [\\w+=,.@-]{2,64}'))
  }
  const seconds = input.DurationSeconds ?? 3600
  if (seconds < 900 || seconds > 43_200) {
    throw invalid(call, constraint('durationSeconds', 'have value between 900 and 43200'))
  }
  return name
}

function invalid(call: Call, message: string): Error {
  return unmodelled(STSServiceException, 'ValidationError', 400, call, message)
}
