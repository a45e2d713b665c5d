import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { systemClock, systemRandom, type Clock, type Random } from '../../domain/effects.ts'
import type { Table } from '../../domain/table.ts'
import { dynamoDbTable } from '../../store/dynamodb.ts'
import { createFleet } from '../../store/fleet.ts'
import { createPace } from '../../store/pace.ts'
import { createStore } from '../../store/store.ts'
import { readConfig, type Config } from '../config.ts'
import { once, type Core, type Runtime } from '../core.ts'
import type { SweepTimes } from '../../flow/sweep.ts'
import { specs } from './specs.ts'

/** The longest any function may take, and with the store's margin what a lease must outlive. In milliseconds. */
export const functionMilliseconds = 120_000
export const leaseMilliseconds = 300_000

export const sweepTimes: SweepTimes = { retry: 60_000, waiting: 15 * 60_000 }

export { specs }

export interface AwsCore extends Core {
  readonly config: Config
  readonly table: Table
  readonly random: Random
}

export const coreRuntime: Runtime<AwsCore> = once(() => {
  const config = readConfig()
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
    marshallOptions: { removeUndefinedValues: true },
  })
  const table = dynamoDbTable({ client, tableName: config.FAIRWAY_TABLE, clock: systemClock, random: systemRandom })
  return { config, ...composeCore(table, systemClock, systemRandom, config) }
})

/** The same for every table: the real one here, dynalite in the local control plane. */
export function composeCore(table: Table, clock: Clock, random: Random, config: Config): Omit<AwsCore, 'config'> {
  const store = createStore(table, { clock, leaseMilliseconds, functionMilliseconds })
  const installation = {
    name: config.FAIRWAY_INSTALLATION,
    account: config.FAIRWAY_ACCOUNT,
    region: config.AWS_REGION,
    permissionsBoundary: config.FAIRWAY_BOUNDARY,
    secretRecoveryDays: config.FAIRWAY_SECRET_RECOVERY_DAYS,
    overlap: { least: config.FAIRWAY_OVERLAP_MINUTES * 60_000, most: config.FAIRWAY_OVERLAP_HOURS * 3_600_000 },
  }
  return {
    installation,
    store,
    table,
    clock,
    random,
    specs,
    sweep: sweepTimes,
    pace: createPace(table, { clock }),
    fleet: createFleet(table, { clock }),
    start: { concurrent: config.FAIRWAY_CONCURRENT },
  }
}
