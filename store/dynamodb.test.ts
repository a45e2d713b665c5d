import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock, Random } from '../domain/effects.ts'
import { Conflict, RetryLater, Terminal } from '../domain/errors.ts'
import type { Table } from '../domain/table.ts'
import { startTable, type LocalTable } from '../local/table.ts'
import { dynamoDbTable } from './dynamodb.ts'

describe('an answer that was lost on the way', () => {
  let local: LocalTable
  beforeEach(async () => {
    local = await startTable()
  })
  afterEach(async () => local.stop())

  test('does not make a create refuse what it made itself', async () => {
    loseAnswers(local, 1)
    expect(await local.table.create('k', { value: 1 })).toEqual({ key: 'k', revision: 1, value: 1 })
  })

  test('does not make an update fail on the condition that it changed itself', async () => {
    const { table } = local
    await table.create('k', { state: 'free' })
    loseAnswers(local, 1)
    const take = table.update('k', { set: [[['state'], 'mine']] }, { op: 'equals', path: ['state'], value: 'free' })
    expect(await take).toEqual({ key: 'k', revision: 2, state: 'mine' })
    expect((await table.get('k'))?.revision).toBe(2)
  })

  test('does not pass off what somebody else wrote as its own', async () => {
    const { table } = local
    await table.create('k', { value: 'theirs' })
    loseAnswers(local, 1, 'request')
    await expect(table.create('k', { value: 'mine' })).rejects.toBeInstanceOf(Conflict)
    expect((await table.get('k'))?.['value']).toBe('theirs')
  })
})

describe('what DynamoDB answers', () => {
  let fake: Fake
  beforeEach(async () => {
    fake = await fakeService()
  })
  afterEach(async () => fake.stop())

  test.each([
    ['ProvisionedThroughputExceededException', 400],
    ['ThrottlingException', 400],
    ['RequestLimitExceeded', 400],
    ['InternalServerError', 500],
    ['ServiceUnavailable', 503],
    ['ExpiredTokenException', 400],
  ])('%s may pass: RetryLater', async (name, status) => {
    fake.answers = () => ({ status, body: { __type: `com.amazonaws.dynamodb#${name}`, message: 'not now' } })
    await expect(fake.table.get('k')).rejects.toBeInstanceOf(RetryLater)
    await expect(fake.table.update('k', { set: [[['a'], 1]] })).rejects.toBeInstanceOf(RetryLater)
    await expect(fake.table.due(1, { limit: 1 })).rejects.toBeInstanceOf(RetryLater)
  })

  test.each([
    ['ValidationException', ''],
    ['ResourceNotFoundException', 'create the table'],
    ['AccessDeniedException', 'allow this function'],
  ])('%s needs somebody to change something: Terminal', async (name, fix) => {
    fake.answers = () => ({ status: 400, body: { __type: `com.amazonaws.dynamodb#${name}`, message: 'no' } })
    const error = await fake.table.remove('k').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Terminal)
    expect((error as Terminal).fix ?? '').toContain(fix)
    expect((error as Terminal).cause).toBeInstanceOf(Error)
  })

  test('no answer at all is RetryLater', async () => {
    await fake.stop()
    await expect(fake.table.get('k')).rejects.toBeInstanceOf(RetryLater)
  })

  test('keys that were left unprocessed are asked for again, after growing pauses with jitter', async () => {
    fake.answers = (request) => {
      const [first, ...rest] = request.RequestItems?.['t']?.Keys ?? []
      return {
        status: 200,
        body: {
          Responses: { t: first ? [{ ...first, revision: { N: '1' } }] : [] },
          UnprocessedKeys: rest.length > 0 ? { t: { Keys: rest } } : {},
        },
      }
    }
    const found = await fake.table.getMany(['a', 'b', 'c', 'd'])
    expect(found.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd'])
    expect(fake.pauses).toEqual([50, 100, 200])
  })

  test('keys that stay unprocessed end in RetryLater, not in an answer that lacks them', async () => {
    fake.answers = (request) => ({ status: 200, body: { Responses: { t: [] }, UnprocessedKeys: request.RequestItems } })
    await expect(fake.table.getMany(['a', 'b'])).rejects.toBeInstanceOf(RetryLater)
    expect(fake.pauses).toHaveLength(7)
  })
})

/** The network loses the next `times` calls: their answers, after they were carried out, or already the requests. */
function loseAnswers({ client }: LocalTable, times: number, what: 'answer' | 'request' = 'answer'): void {
  let left = times
  client.middlewareStack.add(
    (next) => async (args) => {
      if (left === 0) return next(args)
      left--
      if (what === 'answer') await next(args)
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' })
    },
    { step: 'deserialize', priority: 'low' },
  )
}

interface Sent {
  readonly RequestItems?: Record<string, { Keys: { key: { S: string } }[] }>
}

interface Fake {
  readonly table: Table
  readonly pauses: number[]
  answers: (request: Sent) => { status: number; body: unknown }
  stop(): Promise<void>
}

async function fakeService(): Promise<Fake> {
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { status, body } = fake.answers(JSON.parse(Buffer.concat(chunks).toString()) as Sent)
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' }
  const raw = new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 })
  const pauses: number[] = []
  const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void pauses.push(milliseconds) }
  const random: Random = { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 }
  const client = DynamoDBDocumentClient.from(raw)
  const fake: Fake = {
    table: dynamoDbTable({ client, tableName: 't', clock, random }),
    pauses,
    answers: () => ({ status: 200, body: {} }),
    stop: async () => {
      raw.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}
