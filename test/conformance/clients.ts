import { ECRClient } from '@aws-sdk/client-ecr'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STSClient } from '@aws-sdk/client-sts'
import { createAws } from '../../local/aws/index.ts'
import { systemClock, systemRandom } from '../../domain/effects.ts'

/** moto's own account; the simulation takes the same one, so that ARNs agree. */
export const account = '123456789012'
export const region = 'eu-west-1'

/** What a case talks to: the simulation, or an independent implementation through the real SDK. */
export interface Clients {
  readonly implementation: 'simulation' | 'moto'
  readonly ecr: Pick<ECRClient, 'send'>
  readonly eks: Pick<EKSClient, 'send'>
  readonly iam: Pick<IAMClient, 'send'>
  readonly secretsManager: Pick<SecretsManagerClient, 'send'>
  readonly sts: Pick<STSClient, 'send'>
  readonly tagging: Pick<ResourceGroupsTaggingAPIClient, 'send'>
}

/** A new, empty simulation. */
export function simulatedClients(): Clients {
  const aws = createAws({ clock: systemClock, random: systemRandom, account, region })
  return {
    implementation: 'simulation',
    ecr: aws.ecr(),
    eks: aws.eks(),
    iam: aws.iam(),
    secretsManager: aws.secretsManager(),
    sts: aws.sts(),
    tagging: aws.tagging(),
  }
}

/** The SDK's clients, pointed at a server. One attempt: a retry would hide what was answered first. */
export function httpClients(endpoint: string): Clients {
  const config = {
    endpoint,
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: 'conformance', secretAccessKey: 'none' },
  }
  return {
    implementation: 'moto',
    ecr: new ECRClient(config),
    eks: new EKSClient(config),
    iam: new IAMClient(config),
    secretsManager: new SecretsManagerClient(config),
    sts: new STSClient(config),
    tagging: new ResourceGroupsTaggingAPIClient(config),
  }
}
