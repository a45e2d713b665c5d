import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import dynalite from 'dynalite'
import { isAlreadyThere } from '../domain/awserrors.ts'
import { type Clock, type Random, systemClock, systemRandom } from '../domain/effects.ts'
import { RetryLater, Terminal } from '../domain/errors.ts'
import type { Table } from '../domain/table.ts'
import { tableDefinition } from '../store/definition.ts'
import { dynamoDbTable } from '../store/dynamodb.ts'
import { repairIndex } from './tableindex.ts'

const tableName = 'fairway'

export interface LocalTableOptions {
  /** Directory that holds the data, made when missing. In memory when absent. */
  readonly path?: string
  readonly clock?: Clock
  readonly random?: Random
}

export interface LocalTable {
  readonly table: Table
  readonly client: DynamoDBDocumentClient
  readonly endpoint: string
  readonly tableName: string
  /** Ends what is under way and closes the files. */
  readonly stop: () => Promise<void>
}

/** DynamoDB in this process: dynalite behind the real SDK client, with the table as AWS has it. */
export async function startTable(options: LocalTableOptions = {}): Promise<LocalTable> {
  const { path, clock = systemClock, random = systemRandom } = options
  if (path !== undefined) await prepare(path, clock)
  const server = await serve(path)
  if (path === undefined) await ensureTable(server.client, tableName, clock)
  else await repairIndex(server.client, tableName)
  return {
    table: dynamoDbTable({ client: server.client, tableName, clock, random }),
    client: server.client,
    endpoint: server.endpoint,
    tableName,
    stop: server.stop,
  }
}

/**
 * Makes the directory with an empty table in it, under another name first: dynalite never finishes a table whose
 * creation was interrupted.
 */
async function prepare(path: string, clock: Clock): Promise<void> {
  // LevelDB's own mark of a database, in whatever directory somebody made beforehand.
  if (await exists(join(path, 'CURRENT'))) return checkUsable(path)
  const unfinished = `${path}.new`
  await mkdir(dirname(path), { recursive: true })
  await rm(unfinished, { recursive: true, force: true })
  const server = await serve(unfinished)
  try {
    await ensureTable(server.client, tableName, clock)
  } finally {
    await server.stop()
  }
  await rename(unfinished, path)
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

interface Database {
  open(): Promise<void>
  close(): Promise<void>
}

/** dynalite takes the whole process down when it cannot open its files, so they are opened once before. */
async function checkUsable(path: string): Promise<void> {
  const { Level } = createRequire(createRequire(import.meta.url).resolve('dynalite'))('level') as {
    Level: new (path: string) => Database
  }
  const database = new Level(path)
  try {
    await database.open()
  } catch (cause) {
    const locked = (cause as { cause?: { code?: string } }).cause?.code === 'LEVEL_LOCKED'
    throw new Terminal(`the table's files in ${path} ${locked ? 'are in use' : 'cannot be opened'}`, {
      cause,
      fix: locked ? 'stop the other local control plane of this directory' : 'use another directory',
    })
  }
  await database.close()
}

async function serve(path: string | undefined) {
  const server = dynalite({ createTableMs: 0, ...(path === undefined ? {} : { path }) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // dynalite checks that a request is signed, not by whom.
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  // The whole control plane is this one process: more at once than one Lambda ever has.
  const requestHandler = { httpAgent: { keepAlive: true, maxSockets: 256 } }
  const raw = new DynamoDBClient({ endpoint, region: 'local', credentials, requestHandler })
  const client = DynamoDBDocumentClient.from(raw)
  const stop = async () => {
    client.destroy()
    await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))
  }
  return { client, endpoint, stop }
}

/** Makes the table unless it is there. */
export async function ensureTable(client: DynamoDBDocumentClient, name: string, clock: Clock): Promise<void> {
  try {
    await client.send(new CreateTableCommand(creation(name)))
  } catch (error) {
    if (!isAlreadyThere(error)) throw error
  }
  for (let tries = 0; tries < 200; tries++) {
    const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }))
    if (table?.TableStatus === 'ACTIVE') return
    await clock.sleep(5)
  }
  throw new RetryLater(`the table ${name} did not become active`)
}

function creation(TableName: string): CreateTableCommandInput {
  const { partitionKey, indexes } = tableDefinition
  const keys = [partitionKey, ...indexes.flatMap((index) => [index.partitionKey, index.sortKey])]
  const types = new Map<string, 'S' | 'N'>(keys.map(({ name, type }) => [name, type]))
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
    KeySchema: [{ AttributeName: partitionKey.name, KeyType: 'HASH' }],
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: [
        { AttributeName: index.partitionKey.name, KeyType: 'HASH' },
        { AttributeName: index.sortKey.name, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: index.projection },
    })),
  }
}
