import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe } from 'vitest'
import { systemClock as clock, systemRandom as random } from '../../domain/effects.ts'
import { ensureTable } from '../../local/table.ts'
import { dynamoDbTable } from '../../store/dynamodb.ts'
import { tableContract } from '../contract/table.ts'
import { binary, lines, motoMayBeAbsent, startingMoto, startMoto, type Moto } from './server.ts'

/** The store's boundary on a DynamoDB that somebody else wrote; dynalite is held to the same in test/contract. */

motoMayBeAbsent()

/** By test. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html says how it is. */
const departures = {
  "below [ 'state' ] does not hold: a Conflict, and nothing is written":
    'moto answers 500 when a text is compared with a number, instead of ConditionalCheckFailedException',
  'an update into something that is not a map is Terminal, and nothing is written':
    'moto ignores an update into what is no map, instead of answering ValidationException',
}

describe.skipIf(binary === undefined)('moto', () => {
  let moto: Moto
  let client: DynamoDBDocumentClient
  let tables = 0

  beforeAll(async () => {
    moto = await startMoto(binary ?? '')
    const credentials = { accessKeyId: 'contract', secretAccessKey: 'none' }
    const raw = new DynamoDBClient({ endpoint: moto.endpoint, region: 'eu-west-1', credentials })
    client = DynamoDBDocumentClient.from(raw)
  }, startingMoto)
  afterAll(async () => {
    client?.destroy()
    await moto?.stop()
    process.stdout.write(lines('moto’s DynamoDB departs from the table contract', Object.values(departures)))
  })

  const open = async () => {
    const tableName = `contract-${++tables}`
    await ensureTable(client, tableName, clock)
    return { table: dynamoDbTable({ client, tableName, clock, random }), close: async () => undefined }
  }
  tableContract('DynamoDB (moto)', open, departures)
})
