import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { LambdaClient } from '@aws-sdk/client-lambda'
import type { Place } from '../../local/aws/core/types.ts'
import { endpointClients } from '../../local/endpoint/clients.ts'
import { apiAt } from './api.ts'

/** Clients for one account and region of moto, and moto's own API for the services that have no client here. */
export async function accountAt(endpoint: string, place: Place) {
  const clients = endpointClients({ url: endpoint, home: place })
  const { credentials } = clients.dynamoDb().config
  const config = { endpoint, region: place.region, credentials, maxAttempts: 1 }
  return {
    ...place,
    api: apiAt(endpoint, place, (await credentials()).accessKeyId),
    cloudFormation: new CloudFormationClient(config),
    dynamoDb: clients.dynamoDb(),
    eventBridge: new EventBridgeClient(config),
    iam: clients.iam(),
    lambda: new LambdaClient(config),
    ecr: clients.ecr(),
    secretsManager: clients.secretsManager(),
  }
}

export type Account = Awaited<ReturnType<typeof accountAt>>
