import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RetryLater } from '../../domain/errors.ts'
import type { FairwayEvent } from '../../domain/events.ts'
import type { OperatePorts } from '../../flow/operate.ts'
import { operationNames, type Operation } from '../../flow/operations/model.ts'
import { operations } from '../../infra/routes.ts'
import { operationEvent } from '../../local/operations.ts'
import { createFleet } from '../../store/fleet.ts'
import { createStore } from '../../store/store.ts'
import { memoryTable } from '../../store/memory.ts'
import { installation } from '../../test/contract/provisioner-subjects.ts'
import { redirectTelemetry } from '../telemetry.ts'
import { make } from './handler.ts'

const ada = 'arn:aws:sts::111111111111:assumed-role/Platform/ada'
const bo = 'arn:aws:sts::111111111111:assumed-role/Dev/bo'
const clock = { now: () => 1_800_000_000_000, sleep: () => Promise.resolve() }
const workload = 'policy-admin/quotes'
const context = { functionName: 'operate', awsRequestId: 'request-1' } as Context

let lines: string[]
let events: FairwayEvent[]
let ports: OperatePorts
beforeEach(async () => {
  lines = []
  events = []
  redirectTelemetry((line) => lines.push(line))
  const table = memoryTable()
  const store = createStore(table, { clock, leaseMilliseconds: 300_000, functionMilliseconds: 120_000 })
  const bus = { publish: async (published: readonly FairwayEvent[]) => void events.push(...published) }
  const valid = { kind: 'Workload', name: workload, spec: {}, file: 'quotes.yaml', line: 1 } as const
  ports = {
    store,
    bus,
    clock,
    validate: async () => ({ resources: [valid], problems: [] }),
    fleet: createFleet(table, { clock }),
    installation,
  }
  await store.declare({ ref: { kind: 'Workload', name: workload }, spec: {}, origin: { source: 'apply' } })
})
afterEach(() => {
  redirectTelemetry(undefined)
})

const record = () => ports.store.get({ kind: 'Workload', name: workload })

async function post(event: unknown, runtime = async () => ports) {
  const answer: APIGatewayProxyStructuredResultV2 = await make(runtime)(event as APIGatewayProxyEventV2, context)
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? '') as Record<string, unknown>, answer }
}

const asked = (request: Operation | object, route: string, who = ada) =>
  operationEvent(who, route, JSON.stringify(request))

describe('who asks', () => {
  it('is on record as API Gateway authenticated it', async () => {
    await post(asked({ operation: 'reconcile', workload }, 'reconcile'))
    await post(asked({ operation: 'transfer', workload, to: 'apply' }, 'transfer', bo))
    await post(asked({ operation: 'retire', workload }, 'retire', bo))
    expect((await record())?.audit).toMatchObject([
      { who: ada, what: 'reconcile' },
      { who: bo, what: 'retire' },
    ])
  })

  it('is on record with each change that they apply', async () => {
    const validate = async () => ({
      resources: [{ kind: 'Workload', name: workload, spec: { new: true }, file: 'quotes.yaml', line: 1 } as const],
      problems: [],
    })
    await post(asked({ operation: 'apply', files: [] }, 'apply'), async () => ({ ...ports, validate }))
    expect((await record())?.audit).toMatchObject([{ who: ada, what: 'apply quotes.yaml' }])
  })

  it.each(['who', 'userArn', 'identity'])('cannot be said in the body: %s is refused', async (key) => {
    const { status, body } = await post(asked({ operation: 'reconcile', workload, [key]: bo }, 'reconcile'))
    expect(status).toBe(400)
    expect(String(body['message'])).toContain(key)
    expect((await record())?.audit).toBeUndefined()
    expect(events).toEqual([])
  })

  it('cannot be said by calling the function directly', async () => {
    for (const event of [
      { who: ada, request: { operation: 'reconcile', workload } },
      { operation: 'reconcile', workload },
      { ...asked({ operation: 'reconcile', workload }, 'reconcile'), requestContext: { http: { method: 'POST' } } },
      { body: JSON.stringify({ operation: 'reconcile', workload }) },
      null,
    ]) {
      const { status, body } = await post(event)
      expect(status).toBe(403)
      expect(body['message']).toContain('no identity')
    }
    expect((await record())?.audit).toBeUndefined()
    expect(events).toEqual([])
  })

  it.each(['', 'a\nFairway-Resource: b', 'x'.repeat(3000)])('is no name with %j', async (who) => {
    expect((await post(asked({ operation: 'reconcile', workload }, 'reconcile', who))).status).toBe(403)
  })
})

describe('the operation', () => {
  it('must be that of the route, which is what IAM decided about', async () => {
    for (const operation of ['retire', 'reconcile'] as const) {
      const { status, body } = await post(asked({ operation, workload }, 'status'))
      expect(status).toBe(400)
      expect(body['fix']).toBe(`POST it to /operations/${operation}`)
    }
    expect((await record())?.intent).toBe('present')
    expect(events).toEqual([])
  })

  it('has a route of its own, each of them', () => {
    expect(Object.keys(operations)).toEqual([...operationNames])
  })
})

describe('the answer', () => {
  it('is the result', async () => {
    const { status, body, answer } = await post(asked({ operation: 'status', name: workload }, 'status'))
    expect(status).toBe(200)
    expect(body).toMatchObject({ result: 'done', workload: { name: workload, generation: 1 } })
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  })

  it('says what to wait for', async () => {
    const { body } = await post(asked({ operation: 'reconcile', workload }, 'reconcile'))
    expect(body['started']).toEqual([{ kind: 'Workload', name: workload, generation: 1, fence: 1 }])
    const of = [{ kind: 'Workload', name: workload }]
    const { body: status } = await post(asked({ operation: 'status', of }, 'status'))
    expect(status['progress']).toMatchObject([{ name: workload, phase: 'Pending', fence: 0, busy: false }])
  })

  it.each<[string, string | object, number]>([
    ['no JSON', '{', 400],
    ['an operation that is none', { operation: 'drop' }, 400],
    ['a member too much', { operation: 'status', verbose: true }, 400],
    ['a name that is none', { operation: 'status', name: 'quotes' }, 400],
    ['a workload that is not there', { operation: 'status', name: 'policy-admin/nobody' }, 404],
    ['a body that is too large', `"${'x'.repeat(4 * 1024 * 1024)}"`, 413],
  ])('to %s is %#', async (_, request, expected) => {
    const text = typeof request === 'string' ? request : JSON.stringify(request)
    const { status, body } = await post(operationEvent(ada, 'status', text))
    expect(status).toBe(expected)
    expect(body).toMatchObject({ type: 'Terminal', message: expect.any(String) })
  })

  it('to a transfer to nobody is 404', async () => {
    const { status } = await post(asked({ operation: 'transfer', workload, to: 'nobody' }, 'transfer'))
    expect(status).toBe(404)
    expect((await record())?.origin.source).toBe('apply')
  })

  it('to files with problems is 400, with the problems, and never more than fit', async () => {
    const problem = { file: 'a.yaml', line: 1, column: 2, message: 'wrong' }
    const problems = Array.from({ length: 10_000 }, () => problem)
    const validate = async () => ({ resources: [], problems })
    const { status, body } = await post(asked({ operation: 'apply', files: [] }, 'apply'), async () => ({
      ...ports,
      validate,
    }))
    expect(status).toBe(400)
    expect(body['problems']).toHaveLength(500)
    expect(body).toMatchObject({
      result: 'refused',
      message: 'nothing was changed; 9500 more problems are not listed',
    })
  })

  it('is 503 for what may pass, and 500 without a reason for what should not be', async () => {
    const failing = (thrown: Error) => async () => {
      const publish = async () => {
        throw thrown
      }
      return { ...ports, bus: { publish } }
    }
    const request = asked({ operation: 'reconcile', workload }, 'reconcile')
    expect(await post(request, failing(new RetryLater('the bus is down')))).toMatchObject({
      status: 503,
      body: { type: 'RetryLater', message: 'the bus is down' },
    })
    const { status, answer } = await post(request, failing(new TypeError('x is not a function')))
    expect(status).toBe(500)
    expect(answer.body).toContain('request-1')
    expect(answer.body).not.toMatch(/not a function|handler\.ts|\bat /)
    expect(lines.join()).toContain('x is not a function')
  })

  it('is 500 without a reason when the function cannot start', async () => {
    const answer = await post(asked({ operation: 'status' }, 'status'), () => Promise.reject(new Error('no TABLE')))
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toContain('TABLE')
    expect(lines.join()).toContain('no TABLE')
  })
})

it('the log says who did what, and nothing of what they sent', async () => {
  await post(asked({ operation: 'apply', files: [{ path: 'q.yaml', text: 'text of a file' }] }, 'apply'))
  await post(asked({ operation: 'retire', workload, confirm: 'text of a person', x: 1 }, 'retire'))
  expect(lines.join()).toContain(ada)
  expect(lines.join()).not.toContain('text of a')
})
