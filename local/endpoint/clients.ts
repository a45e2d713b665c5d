import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ECRClient } from '@aws-sdk/client-ecr'
import { EKSClient } from '@aws-sdk/client-eks'
import { IAMClient } from '@aws-sdk/client-iam'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { STSClient } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { kmsClient } from '../../lambdas/doctor/kms.ts'
import type { AwsClients } from '../aws/index.ts'
import { taggingOverEcr } from './tagging.ts'
import type { Access, Place, Service } from '../aws/core/types.ts'

export interface Endpoint {
  readonly url: string
  /** Where clients point when no place is given. */
  readonly home: Place
}

export interface EndpointClients extends AwsClients {
  /** As `AwsClients` has them: by place. */
  dynamoDb(place?: Partial<Place>): DynamoDBClient
  destroy(): void
}

/** Told of each attempt, as the simulated AWS counts: a call that is sent again costs again. */
export type Count = (service: Service, access: Access) => void

/** Whoever asks: an endpoint of one's own does not look. Never this machine's credentials. */
const anybody = { accessKeyId: 'fairway', secretAccessKey: 'local' }

/**
 * The SDK's clients, pointed at an endpoint. An account is reached as it is on AWS, by a role in it: moto and LocalStack
 * tell accounts apart by the credentials that AssumeRole answers, and take any role.
 * https://docs.getmoto.org/en/latest/docs/multi_account.html
 */
export function endpointClients({ url, home }: Endpoint, count: Count = () => undefined): EndpointClients {
  const known = new Map<string, { readonly destroy: () => void }>()

  function once<Client extends { readonly destroy: () => void }>(
    name: string,
    { account, region }: Place,
    make: () => Client,
  ): Client {
    const key = `${name} ${account} ${region}`
    const client = (known.get(key) as Client | undefined) ?? make()
    known.set(key, client)
    return client
  }

  const placed = (place: Partial<Place> = {}): Place => ({ ...home, ...place })
  /** The client's own copy of its credentials renews them before they expire; all clients of an account share it. */
  const session = (place: Place) =>
    once(
      'session',
      place,
      () => new STSClient({ endpoint: url, region: place.region, credentials: assumed(url, place) }),
    )
  const config = (place: Place) => ({
    endpoint: url,
    region: place.region,
    maxAttempts: 4,
    credentials: session(place).config.credentials,
  })
  const counted = <Client extends Counted>(service: Service, client: Client): Client => {
    client.middlewareStack.add(
      counting((operation) => count(service, accessOf(operation))),
      { step: 'finalizeRequest', priority: 'low', name: 'count' },
    )
    return client
  }
  return {
    dynamoDb: (place) => once('dynamodb', placed(place), () => new DynamoDBClient(config(placed(place)))),
    ecr: (place) => once('ecr', placed(place), () => counted('ecr', new ECRClient(config(placed(place))))),
    eks: (place) => once('eks', placed(place), () => counted('eks', new EKSClient(config(placed(place))))),
    iam: (place) => once('iam', placed(place), () => counted('iam', new IAMClient(config(placed(place))))),
    kms: (place) => {
      const { region, credentials } = config(placed(place))
      const client = kmsClient({ region, credentials, endpoint: url, now: () => Date.now() })
      return {
        send: (command) => {
          count('kms', accessOf(command.operation))
          return client.send(command)
        },
      }
    },
    secretsManager: (place) =>
      once('secretsmanager', placed(place), () =>
        counted('secretsmanager', new SecretsManagerClient(config(placed(place)))),
      ),
    sts: (place) => once('sts', placed(place), () => counted('sts', new STSClient(config(placed(place))))),
    tagging: (place) => {
      const uncounted = once('tagging', placed(place), () => new ECRClient(config(placed(place))))
      return taggingOverEcr(uncounted, () => count('tagging', 'read'))
    },
    destroy: () => {
      for (const client of known.values()) client.destroy()
    },
  }
}

/** As CloudTrail's `readOnly` has it, for what Fairway calls: AssumeRole changes nothing. */
export function accessOf(operation: string): Access {
  return /^(?:AssumeRole|BatchGet|Describe|Get|List)/.test(operation) ? 'read' : 'write'
}

function assumed(url: string, { account, region }: Place) {
  return fromTemporaryCredentials({
    masterCredentials: anybody,
    params: { RoleArn: `arn:aws:iam::${account}:role/fairway-local`, RoleSessionName: 'fairway-local' },
    clientConfig: { endpoint: url, region },
  })
}

interface Counted {
  readonly middlewareStack: {
    add(
      middleware: ReturnType<typeof counting>,
      options: { readonly step: 'finalizeRequest'; readonly priority: 'low'; readonly name: string },
    ): void
  }
}

function counting(count: (operation: string) => void) {
  return <Next extends (args: never) => Promise<unknown>>(next: Next, context: { readonly commandName?: string }) =>
    ((args) => {
      count(context.commandName ?? '')
      return next(args)
    }) as Next
}
