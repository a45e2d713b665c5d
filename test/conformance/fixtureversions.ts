import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { Name, createSecret, describeSecret } from './fixture.ts'
import type { Clients } from './clients.ts'

/** What the tables about versions share. */

export const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(36)) as [string, string, string]

export const put = (aws: Clients, ClientRequestToken: string, SecretString: string, VersionStages?: string[]) =>
  aws.secretsManager.send(
    new PutSecretValueCommand({ SecretId: Name, ClientRequestToken, SecretString, VersionStages }),
  )

export const read = (aws: Clients, version: { VersionId?: string; VersionStage?: string } = {}) =>
  aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name, ...version }))

export const move = (aws: Clients, VersionStage: string, from: string | undefined, to: string | undefined) =>
  aws.secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId: Name,
      VersionStage,
      RemoveFromVersionId: from,
      MoveToVersionId: to,
    }),
  )

/** Version ids to their labels, both sorted. */
export const labels = async (aws: Clients) => {
  const { VersionIdsToStages = {} } = await describeSecret(aws)
  return Object.fromEntries(Object.entries(VersionIdsToStages).map(([id, stages]) => [id, stages.toSorted()]))
}

export const one = (aws: Clients) => createSecret(aws, { SecretString: 'one', ClientRequestToken: first })

export const two = async (aws: Clients) => {
  await one(aws)
  await put(aws, second, 'two')
}
