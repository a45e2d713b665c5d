import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { callAws } from '../../domain/awserrors.ts'
import type { Target } from '../../flow/steps.ts'
import type { Config } from '../config.ts'
import type { Identified } from '../provision.ts'
import { clientOptions } from './clients.ts'

/**
 * Who a function is in an account and region. Needs no permission, and cannot be denied.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function callerIdentity(config: Config, capability: string): Identified['identify'] {
  return async (target) => identityOf(new STSClient(clientOptions(config, capability, target)), target)
}

export async function identityOf(
  client: Pick<STSClient, 'send'>,
  { account, region }: Target,
): Promise<{ readonly account: string; readonly arn: string }> {
  const answer = await callAws(`work in account ${account}, ${region}`, () =>
    client.send(new GetCallerIdentityCommand({})),
  )
  return { account: answer.Account ?? '', arn: answer.Arn ?? '' }
}
