import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Clock, Random } from '../../domain/effects.ts'
import type { Table } from '../../domain/table.ts'
import { dynamoDbTable } from '../../store/dynamodb.ts'
import { CallCounters } from '../aws/core/counters.ts'
import { services, type CallCounts, type Place, type Service } from '../aws/core/types.ts'
import { createAws, type AwsClients, type SimulatedAws } from '../aws/index.ts'
import { ensureTable } from '../table.ts'
import { endpointClients } from './clients.ts'
import { eksBesideIam } from './eks.ts'
import { servedBy, wanted, type Wanted } from './probe.ts'

export interface EndpointOptions {
  readonly url: string
  /** The control plane's own account and region. */
  readonly home: Place
  readonly clock: Clock
  readonly random: Random
  /** Where the simulated AWS keeps what the endpoint lacks. */
  readonly directory: string
}

export interface ConnectedAws {
  readonly aws: SimulatedAws
  /** For people: what is where. */
  readonly description: readonly string[]
  /** Absent when the endpoint has no DynamoDB. A table that is there, such as a stack's, is used as it is. */
  readonly table?: (tableName: string) => Promise<Table>
  close(): void
}

/** AWS as `createAws` has it, at an endpoint: moto, LocalStack. What the endpoint lacks is simulated in this process. */
export async function connectEndpoint(options: EndpointOptions): Promise<ConnectedAws> {
  const { url, home, clock, random, directory } = options
  const counters = new CallCounters()
  const real = endpointClients({ url, home }, (service, access) => counters.add(service, access))
  const outside = endpointClients({ url, home })
  const close = () => {
    real.destroy()
    outside.destroy()
  }
  try {
    const served = await servedBy(outside, { url, home })
    const simulated = createAws({ clock, random, ...home, directory })
    const roles = { from: outside, to: simulated.outside }
    const aws: SimulatedAws = {
      ...home,
      ...chosen(served, real, simulated, roles),
      outside: chosen(served, outside, simulated.outside, roles),
      calls: {
        snapshot: () => sum(counters.snapshot(), simulated.calls.snapshot()),
        reset: () => {
          counters.reset()
          simulated.calls.reset()
        },
      },
    }
    const table = async (tableName: string) => {
      const client = DynamoDBDocumentClient.from(outside.dynamoDb())
      await ensureTable(client, tableName, clock)
      return dynamoDbTable({ client, tableName, clock, random })
    }
    return { aws, description: describe(url, served), ...(served.has('dynamodb') ? { table } : {}), close }
  } catch (error) {
    close()
    throw error
  }
}

function chosen(
  served: ReadonlySet<Wanted>,
  real: AwsClients,
  simulated: AwsClients,
  roles: { readonly from: AwsClients; readonly to: AwsClients },
): AwsClients {
  const from = (service: Wanted) => (served.has(service) ? real : simulated)
  const eks = served.has('iam') && !served.has('eks') ? eksBesideIam(simulated, roles) : from('eks')
  return {
    ecr: (place) => from('ecr').ecr(place),
    eks: (place) => eks.eks(place),
    iam: (place) => from('iam').iam(place),
    kms: (place) => from('kms').kms(place),
    secretsManager: (place) => from('secretsmanager').secretsManager(place),
    sts: (place) => real.sts(place),
    tagging: (place) => (served.has('ecr') ? real : simulated).tagging(place),
  }
}

type AllCounts = Readonly<Record<Service, CallCounts>>

/** Each service is asked in one place only. */
function sum(there: AllCounts, here: AllCounts): AllCounts {
  const entries = services.map((service) => [
    service,
    { reads: there[service].reads + here[service].reads, writes: there[service].writes + here[service].writes },
  ])
  return Object.fromEntries(entries) as AllCounts
}

function describe(url: string, served: ReadonlySet<Wanted>): readonly string[] {
  const all = Object.keys(wanted) as Wanted[]
  const lacking = all.filter((service) => !served.has(service))
  return [
    `AWS at ${url}: ${['sts', ...all.filter((service) => served.has(service))].join(', ')}`,
    ...lacking.map((service) => `  it lacks ${service}: ${wanted[service]} are simulated in this process`),
  ]
}
